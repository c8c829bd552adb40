"""The quarter-hour grid of one local month, shared by every meter of a zone: calendar, no load, no meter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

SLOT_S = 900
SLOTS_PER_DAY = 96
TARIFFS = 4

TariffTable = tuple[tuple[str, int], ...]

# Sharp, peak, flat, valley = tariffs 1 to 4: start of each period in local time, first period at midnight.
DEFAULT_TARIFFS: TariffTable = (
    ("00:00", 4),
    ("07:00", 3),
    ("08:00", 2),
    ("11:00", 3),
    ("18:00", 2),
    ("19:00", 1),
    ("21:00", 2),
    ("22:00", 3),
    ("23:00", 4),
)


@dataclass(frozen=True, slots=True, eq=False)
class MonthSlots:
    """Slot n starts at `start + n * SLOT_S` (UTC seconds); a day has 96 slots, 92 or 100 at DST."""

    start: int
    day_firsts: tuple[int, ...]  # index of each day's first slot, and the count of all slots at the end
    slot_of_day: NDArray[np.int64]
    weekday: NDArray[np.int64]
    day_of_year: NDArray[np.int64]
    day_index: NDArray[np.int64]

    @property
    def count(self) -> int:
        return self.day_firsts[-1]


@lru_cache(maxsize=256)
def month_slots(zone: ZoneInfo, year: int, month: int) -> MonthSlots:
    """The grid between two local midnights, the first of this month and the first of the next."""
    days = _days(year, month)
    midnights = [local_midnight(day, zone) for day in (*days, days[-1] + timedelta(days=1))]
    firsts = tuple((instant - midnights[0]) // SLOT_S for instant in midnights)
    lengths = np.diff(np.array(firsts))
    slot_of_day = np.concatenate([_slots_of_day(midnights[n], int(lengths[n]), zone) for n in range(len(days))])
    return MonthSlots(
        start=midnights[0],
        day_firsts=firsts,
        slot_of_day=slot_of_day,
        weekday=np.repeat(np.array([day.weekday() for day in days]), lengths),
        day_of_year=np.repeat(np.array([day.timetuple().tm_yday for day in days]), lengths),
        day_index=np.repeat(np.arange(len(days)), lengths),
    )


@lru_cache(maxsize=256)
def tariff_masks(grid: MonthSlots, table: TariffTable) -> NDArray[np.int64]:
    """One row of 0 and 1 per tariff: which slots of the month it owns. Each slot has exactly one owner."""
    owner = np.zeros(SLOTS_PER_DAY, dtype=np.int64)
    for start, tariff in table:
        hours, minutes = start.split(":")
        owner[(int(hours) * 60 + int(minutes)) // 15 :] = tariff
    if table[0][0] != "00:00" or not ((owner >= 1) & (owner <= TARIFFS)).all():
        raise ValueError(f"a tariff table starts at 00:00 and names tariffs 1 to {TARIFFS}: {table}")
    masks: NDArray[np.int64] = (owner[grid.slot_of_day] == np.arange(1, TARIFFS + 1)[:, None]).astype(np.int64)
    return masks


def local_midnight(day: date, zone: ZoneInfo) -> int:
    """UTC seconds at which this local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _days(year: int, month: int) -> Sequence[date]:
    first = date(year, month, 1)
    return [day for n in range(31) if (day := first + timedelta(days=n)).month == month]


def _slots_of_day(midnight: int, count: int, zone: ZoneInfo) -> NDArray[np.int64]:
    if count == SLOTS_PER_DAY:
        return np.arange(SLOTS_PER_DAY, dtype=np.int64)
    starts = (datetime.fromtimestamp(midnight + n * SLOT_S, zone) for n in range(count))
    return np.array([(start.hour * 60 + start.minute) // 15 for start in starts], dtype=np.int64)
