"""Shape of the list of gaps."""

from __future__ import annotations

from pydantic import BaseModel

from api.parameters import Instant
from headend.domain.collection import Gap


class GapAnswer(BaseModel):
    """A stretch [start, end) of `slots` quarters of an hour without a reading."""

    installation: int
    reading_type: str
    start: Instant
    end: Instant
    slots: int


class GapsAnswer(BaseModel):
    """Gaps by installation, oldest first."""

    gaps: list[GapAnswer]


def gap_answer(gap: Gap) -> GapAnswer:
    """One gap."""
    return GapAnswer(
        installation=gap.installation_id,
        reading_type=gap.reading_type.name,
        start=gap.start,
        end=gap.end,
        slots=gap.slots,
    )
