"""Registers that people read: by hand-held, or typed in; who, when, with what proof. Never told by a line.

Also whether a date was written with day and month swapped, and whether two values of one register can both be true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from headend.domain.instants import iso
from headend.domain.readings import BY_PEOPLE, ReadingSource

ALLOWANCE = Decimal("1.2")  # of the contract's power, as config/validation has it
UNKNOWN_KVA = Decimal(1000)


@dataclass(frozen=True, slots=True)
class FieldReading:
    """One register that `reader` saw at `read_at`; `photo` and `note` say how that is known, `reason` why by hand."""

    installation_id: int
    reading_type: str
    read_at: datetime
    value: Decimal
    source: ReadingSource
    reader: str
    photo: str = ""
    note: str = ""
    reason: str = ""
    is_date_doubted: bool = False
    import_id: int | None = None
    entered_by: str = ""
    entered_at: datetime | None = None
    id: int = 0

    def __post_init__(self) -> None:
        if self.source not in BY_PEOPLE:
            raise ValueError("what people read was not told by a line")
        if self.read_at.tzinfo is None:
            raise ValueError("read_at must be aware")

    @property
    def key(self) -> tuple[int, str, datetime]:
        """There is one of each meter, register and instant."""
        return self.installation_id, self.reading_type, self.read_at

    @property
    def origin(self) -> str:
        """Where it is from, in words."""
        day = "" if self.entered_at is None else f" of {iso(self.entered_at)}"
        return f"import {self.import_id}{day}" if self.import_id else f"an entry by {self.entered_by}{day}"


@dataclass(frozen=True, slots=True)
class ReadingFile:
    """An imported file as it came, under the SHA-256 of its bytes."""

    sha256: str
    name: str
    content: bytes = field(repr=False)
    imported_by: str
    imported_at: datetime
    rows: int
    id: int = 0


def swapped(read_at: datetime) -> datetime | None:
    """The same local time with day and month changed places; None when that is no other date. Give it local time."""
    if read_at.day > 12 or read_at.day == read_at.month:
        return None
    return read_at.replace(month=read_at.day, day=read_at.month)


def is_date_doubted(read_at: datetime, previous_at: datetime | None, now: datetime) -> bool:
    """It lies ahead or before the meter's newest reading, and with day and month swapped it would not.

    Without a newest reading only a date ahead can be doubted.
    """
    other = swapped(read_at)
    if other is None or other > now or (previous_at is not None and other < previous_at):
        return False
    return read_at > now or (previous_at is not None and read_at < previous_at)


def can_both_be_true(earlier: Decimal, later: Decimal, apart: timedelta, capacity_kva: Decimal, count: Decimal) -> bool:
    """Whether a register can have gone from one value to the other in this time; `count` is its last digit's worth."""
    hours = Decimal(round(apart.total_seconds() * 1000)) / 3_600_000
    most = (capacity_kva * ALLOWANCE or UNKNOWN_KVA) * hours
    return -count <= later - earlier <= most + count
