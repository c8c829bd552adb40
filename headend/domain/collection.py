"""What is asked of a meter and what came back: items, results, gaps. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import NamedTuple

from headend.domain.metering import MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingType
from headend.domain.readings import RawFrame, Reading


class Priority(IntEnum):
    """Order on a line; lower goes first."""

    ON_DEMAND = 0
    URGENT = 1
    SCHEDULED = 2
    BACKFILL = 3


class ItemError(StrEnum):
    """Why an item has no value: refusal, silence, a broken line and nonsense are four things."""

    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    LINE_DOWN = "line_down"
    INVALID_DATA = "invalid_data"
    NOT_PRESENT = "not_present"
    NOT_SUPPORTED = "not_supported"


class ItemResult(NamedTuple):
    """One value of an asked item: exact decimal text, unit, both times, marks; or an error and why.

    A named tuple, because every register of every reading makes one.

    A block item has several; `name` is the value's own name, `is_main` false for what only accompanies a value
    (the weekday of a date, the time of a demand).
    """

    item: str
    reading_type: ReadingType | None
    text: str | None
    value: Decimal | None
    unit: str
    measured_at: datetime | None
    received_at: datetime
    qualities: frozenset[ReadingQuality] = frozenset()
    frame: RawFrame | None = None
    error: ItemError | None = None
    reason: str = ""
    name: str = ""
    is_main: bool = True


class MeterAnswer(NamedTuple):
    """All that one session with one meter brought: item results in the order asked, readings to accept.

    A named tuple, as its results are, because every read makes one.
    """

    installation: MeterInstallation
    results: tuple[ItemResult, ...]
    readings: tuple[Reading, ...]

    @property
    def is_answered(self) -> bool:
        """The meter said something: a value or a refusal."""
        silent = {ItemError.NO_ANSWER, ItemError.LINE_DOWN}
        return any(result.error not in silent for result in self.results)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of slots [start, end) in which an installation has no reading of a type."""

    installation_id: int
    reading_type: ReadingType
    start: datetime
    end: datetime
    slots: int


@dataclass(frozen=True, slots=True)
class BackfillJob:
    """One meter, its gaps, newest first, and the midnights whose frozen registers are missing."""

    installation: MeterInstallation
    gaps: Sequence[Gap]
    midnights: Sequence[datetime] = ()
