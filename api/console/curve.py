"""The curve of a meter on the 15-minute grid: mean power as told, energy by register steps, holes left open.

Interpolates nothing: a slot without both of its registers has no energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.quality import ReadingQuality
from headend.domain.readings import StoredReading
from headend.queries.gaps import SLOT

REGISTER, POWER = "active_energy_import", "active_power"


@dataclass(frozen=True, slots=True)
class CurveSlot:
    """A quarter of an hour from `start` on: first power told in it and energy of all of it, as exact text."""

    start: datetime
    power: str | None
    energy: str | None
    qualities: tuple[ReadingQuality, ...]
    is_over: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """All slots of the asked time."""

    slots: Sequence[CurveSlot]

    @property
    def has_data(self) -> bool:
        """There is anything to draw."""
        return any(slot.power or slot.energy for slot in self.slots)


def first_slot(now: datetime, zone: ZoneInfo, days: int) -> datetime:
    """The beginning of the first of so many days of slots that the present one, not over yet, is the last."""
    seconds = int(SLOT.total_seconds())
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=zone) - timedelta(days=days) + SLOT


def curve_of(readings: Sequence[StoredReading], start: datetime, days: int) -> Curve:
    """The curve of readings of REGISTER and POWER since `start`, from `first_slot`."""
    registers = _by_slot(readings, REGISTER, start)
    powers = _by_slot(readings, POWER, start)
    count = timedelta(days=days) // SLOT
    return Curve([_slot(number, start, registers, powers, is_over=number < count - 1) for number in range(count)])


def _slot(
    number: int,
    start: datetime,
    registers: dict[int, StoredReading],
    powers: dict[int, StoredReading],
    *,
    is_over: bool,
) -> CurveSlot:
    begin, end, power = registers.get(number), registers.get(number + 1), powers.get(number)
    seen = [reading for reading in (end, power) if reading is not None]
    return CurveSlot(
        start=start + SLOT * number,
        power=None if power is None else power.text,
        energy=None if begin is None or end is None else begin.reading_type.text(end.scaled - begin.scaled),
        qualities=tuple(dict.fromkeys(mark for reading in seen for mark in reading.qualities)),
        is_over=is_over,
    )


def _by_slot(readings: Sequence[StoredReading], name: str, start: datetime) -> dict[int, StoredReading]:
    """The first reading of each slot."""
    found: dict[int, StoredReading] = {}
    for reading in readings:
        if reading.reading_type.name == name:
            found.setdefault((reading.measured_at - start) // SLOT, reading)
    return found
