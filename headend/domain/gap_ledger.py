"""The gap ledger: runs of missing slots with why, tries and next try, as columns; and how they change. Keeps nothing.

Only exceptions are rows: a fleet that is complete has none. A run that several causes touched is several rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

import numpy as np

from headend.domain.instants import MICROSECOND
from headend.domain.meter_days import Rows
from headend.domain.readings import Ints
from headend.domain.slot_runs import STRIDE, Runs

AT_ONCE, NEVER = 0, int(np.iinfo(np.int64).max)
NOT_TRIED = -1
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=12)
MOST_TRIES = 8  # answers of a kind that more asking does not change; with the pauses between them most of a day
BY_ANOTHER_WAY, NOT_DUE = -1, -2  # beside the codes of ReadingSource


class GapReason(StrEnum):
    """Why a slot that is due holds no reading. `parked` is told where parked time is shown; it is never due."""

    NEVER_ASKED = "never_asked"
    LINE_DOWN = "line_down"
    METER_SILENT = "meter_silent"
    REFUSED = "refused"
    NOT_SUPPORTED = "not_supported"
    CORRUPT = "corrupt"
    PARKED = "parked"
    STORE_DOWN = "store_down"
    NO_RECORD = "no_record"
    OLDER_THAN_MEMORY = "older_than_memory"
    CLOCK_WRONG = "clock_wrong"


REASONS: tuple[GapReason, ...] = tuple(GapReason)
REASON_CODE: dict[GapReason, int] = {reason: code for code, reason in enumerate(REASONS)}
# What another try may change at any time: the meter has not said no.
PASSING = frozenset({GapReason.LINE_DOWN, GapReason.METER_SILENT, GapReason.STORE_DOWN, GapReason.NEVER_ASKED})
FINAL = frozenset({GapReason.NOT_SUPPORTED, GapReason.OLDER_THAN_MEMORY})


@dataclass(frozen=True, slots=True)
class _Columns:
    """What runs have in common, open or closed."""

    installation: Ints
    reading_type: Ints
    first: Ints
    last: Ints
    reason: Ints
    tries: Ints
    opened_at: Ints

    def __len__(self) -> int:
        return len(self.installation)

    def columns(self) -> tuple[Ints, ...]:
        """The columns in the order of their fields."""
        return tuple(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class GapRuns(_Columns):
    """Open runs: slots first to last (both in), instants in us UTC, `reason` indexes REASONS.

    `next_try` AT_ONCE is the next round, NEVER: no meter can tell it any more. `id` is 0 for a run not kept yet.
    """

    last_try: Ints
    next_try: Ints
    id: Ints

    def take(self, rows: Ints) -> GapRuns:
        """These rows, in this order."""
        return GapRuns(*(column[rows] for column in self.columns()))

    @property
    def runs(self) -> Runs:
        """Where they lie; sorted when the rows are."""
        base = self.installation * STRIDE
        return Runs(base + self.first, base + self.last + 1)


@dataclass(frozen=True, slots=True)
class ClosedRuns(_Columns):
    """Runs that are missing no more: `source` is a code of ReadingSource, BY_ANOTHER_WAY or NOT_DUE."""

    closed_at: Ints
    source: Ints


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """Rows that go, rows that come in their place, and what was closed for the audit. All or nothing."""

    gone: Ints
    opened: GapRuns
    closed: ClosedRuns

    @property
    def is_empty(self) -> bool:
        """Nothing changes."""
        return not (len(self.gone) or len(self.opened) or len(self.closed))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What asking one meter for slots [first, end) brought at an instant: told slots, and why the others were not.

    `oldest` is the first slot that the meter may still remember, 0 when nobody knows.
    """

    installation: int
    first: int
    end: int
    reason: GapReason
    at: int  # us UTC
    told: Sequence[tuple[int, int, int]] = ()  # reading type, slot, code of the source
    oldest: int = 0


def no_runs() -> GapRuns:
    """An empty ledger."""
    return GapRuns(*(np.zeros(0, np.int64) for _ in fields(GapRuns)))


def in_order(runs: GapRuns) -> GapRuns:
    """By type, installation and slot."""
    return runs.take(np.lexsort((runs.first, runs.installation, runs.reading_type)))


def pause_after(tries: Ints) -> Ints:
    """How long a run is left alone after so many tries, in us: 1, 2, 4 ... pauses, up to the longest."""
    shift = np.clip(tries - 1, 0, 20)
    pause: Ints = np.minimum(np.left_shift(FIRST_PAUSE // MICROSECOND, shift), LONGEST_PAUSE // MICROSECOND)
    return pause


def reason_and_next_try(asked: Ints, tries: Ints, is_forgotten: Rows, at: Ints) -> tuple[Ints, Ints]:
    """What stands in the ledger after a try that brought nothing; `is_forgotten` where the meter's memory ends before.

    A meter that was reached and could not tell a slot older than its memory never will; nor will one that has said no
    MOST_TRIES times. Silence, a dead line or a store that is away prove nothing of the meter's memory; a dead line
    fails at once, so there is nothing to spare.
    """
    passing = np.isin(asked, _codes(PASSING))
    reason = np.where(~passing & is_forgotten, REASON_CODE[GapReason.OLDER_THAN_MEMORY], asked)
    is_final = np.isin(reason, _codes(FINAL)) | (~passing & (tries >= MOST_TRIES))
    next_try = np.where(is_final, NEVER, at + pause_after(tries))
    return reason, np.where(asked == REASON_CODE[GapReason.LINE_DOWN], AT_ONCE, next_try)


def _codes(reasons: frozenset[GapReason]) -> list[int]:
    return [REASON_CODE[reason] for reason in reasons]
