"""Shapes of the gap ledger: open runs with reason and next try, closed ones, and an order to try again."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import MAX_ID, Instant
from headend.domain.gap_ledger import GapReason
from headend.domain.readings import ReadingSource
from headend.queries.gap_ledger import ClosedGap, OpenGap


class OpenGapAnswer(BaseModel):
    """A run [start, end) of `slots` quarters of an hour without a reading.

    `next_try` is null for the next round, and for a run that is `final`: no meter can tell it any more. Parked time
    has no `reading_type`, for nothing of it is due.
    """

    installation: int
    reading_type: str | None
    start: Instant
    end: Instant
    slots: int
    reason: GapReason
    tries: int
    last_try: Instant | None
    next_try: Instant | None
    final: bool


class OpenGapsAnswer(BaseModel):
    """Open runs by type, meter and time; `total` counts all, `gaps` are those from `skip` on."""

    total: int
    gaps: list[OpenGapAnswer]


class ClosedGapAnswer(BaseModel):
    """A run that is missing no more. `source` is null where nobody looked; `due` is false when it stopped being due."""

    reading_type: str
    start: Instant
    end: Instant
    slots: int
    reason: GapReason
    tries: int
    opened_at: Instant
    closed_at: Instant
    source: ReadingSource | None
    due: bool


class ClosedGapsAnswer(BaseModel):
    """Closed runs of a meter, the newest first."""

    gaps: list[ClosedGapAnswer]


class TryAgainRequest(BaseModel):
    """Whose gaps are due at once, in which span; all of the meter's without one."""

    model_config = ConfigDict(extra="forbid")

    installation: Annotated[int, Field(ge=1, le=MAX_ID)]
    start: Instant | None = None
    end: Instant | None = None


class TryAgainAnswer(BaseModel):
    """How many slots are due at once."""

    slots: int


def open_gap_answer(gap: OpenGap) -> OpenGapAnswer:
    """One open run."""
    return OpenGapAnswer(
        installation=gap.installation.id,
        reading_type=None if gap.reading_type is None else gap.reading_type.name,
        start=gap.start,
        end=gap.end,
        slots=gap.slots,
        reason=gap.reason,
        tries=gap.tries,
        last_try=gap.last_try,
        next_try=gap.next_try,
        final=gap.is_final,
    )


def closed_gap_answer(gap: ClosedGap) -> ClosedGapAnswer:
    """One closed run."""
    return ClosedGapAnswer(
        reading_type=gap.reading_type.name,
        start=gap.start,
        end=gap.end,
        slots=gap.slots,
        reason=gap.reason,
        tries=gap.tries,
        opened_at=gap.opened_at,
        closed_at=gap.closed_at,
        source=gap.source,
        due=gap.is_due,
    )
