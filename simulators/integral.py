"""Exact energy: whole watt-seconds from commissioning to any instant, by prefix sums. It rounds nothing.

The metering chip counts once a second, so an instant is a whole number of UTC seconds. Tariffs change at
local legal time, whatever the meter's own clock says.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators.load_shape import LoadShape, MonthPower
from simulators.slots import SLOT_S, TARIFFS, TariffTable, local_midnight, tariff_masks

Whole = NDArray[np.int64]
WS_PER_KWH = 3_600_000
DAYS_KEPT = 2

# A meter counts eight quantities, each in one counter per tariff: counter = 4 * quantity + tariff - 1.
QUANTITIES = (
    "active_energy_import",
    "active_energy_export",
    "reactive_energy_q1",
    "reactive_energy_q2",
    "reactive_energy_q3",
    "reactive_energy_q4",
    "apparent_energy_import",
    "apparent_energy_export",
)
COUNTERS = len(QUANTITIES) * TARIFFS
_SUMS: Mapping[str, tuple[int, ...]] = {
    **{name: (n,) for n, name in enumerate(QUANTITIES)},
    "active_energy_combined": (0, 1),
    "reactive_energy_combined1": (2, 5),
    "reactive_energy_combined2": (3, 4),
}


def _registers() -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, quantities in _SUMS.items():
        yield name, tuple(TARIFFS * n + tariff for n in quantities for tariff in range(TARIFFS))
        for tariff in range(TARIFFS):
            yield f"{name}_t{tariff + 1}", tuple(TARIFFS * n + tariff for n in quantities)


REGISTER_COUNTERS: Mapping[str, tuple[int, ...]] = dict(_registers())
"""A register is the sum of its counters; names are those of the reading types, tariffs as _t1 to _t4."""


@dataclass(frozen=True, slots=True)
class Energy:
    """The counters of a meter at one instant, in W·s, var·s and VA·s since it was made; they only grow."""

    ws: tuple[int, ...]

    def exact(self, register: str) -> int:
        """Watt-seconds in a register, nothing rounded."""
        return sum(self.ws[n] for n in REGISTER_COUNTERS[register])

    def register(self, register: str, *, decimals: int = 2) -> Decimal:
        """What the display shows in kWh: truncated, rolling over after 999999.

        Each counter is truncated before it is added, so the total always equals the sum of the tariffs shown,
        as in a real meter; it may lie up to three display counts under the exact total.
        """
        step = WS_PER_KWH // 10**decimals
        counts = sum(self.ws[n] // step for n in REGISTER_COUNTERS[register])
        return Decimal(counts % 10 ** (6 + decimals)).scaleb(-decimals)

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(tuple(a + b for a, b in zip(self.ws, other.ws, strict=True)))

    def __sub__(self, other: "Energy") -> "Energy":
        return Energy(tuple(a - b for a, b in zip(self.ws, other.ws, strict=True)))


NO_ENERGY = Energy((0,) * COUNTERS)


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """W·s since commissioning at each slot boundary, for the counters that ever moved; the others are zero."""

    start: int
    counters: tuple[int, ...]
    sums: Whole

    def at(self, boundary: int) -> list[int]:
        found = [0] * COUNTERS
        for counter, value in zip(self.counters, self.sums[:, boundary].tolist(), strict=True):
            found[counter] = value
        return found


class EnergySource(Protocol):
    """Where a meter's energy comes from: exact, and only growing."""

    def energy(self, second: int) -> Energy: ...

    def power(self, second: int) -> tuple[int, int]: ...

    def max_demand(
        self, register: str, start: int, end: int, outages: tuple[tuple[int, int], ...] = ()
    ) -> tuple[int, int] | None: ...


class EnergyIntegral:
    """Integral of a load shape from `start`; keeps month sums and the days last used, draws the rest anew."""

    def __init__(self, shape: LoadShape, *, start: int, zone: ZoneInfo, tariffs: TariffTable) -> None:
        if start % SLOT_S:
            raise ValueError("a meter is commissioned on a quarter hour")
        self._shape = shape
        self._start = start
        self._zone = zone
        self._tariffs = tariffs
        first = datetime.fromtimestamp(start, zone)
        self._first_month = _month_number(first.year, first.month)
        self._month_starts: list[Whole] = []
        self._days: OrderedDict[date, _Day] = OrderedDict()

    def energy(self, second: int) -> Energy:
        """Energy from `start` to a UTC second not before it."""
        if second < self._start:
            raise ValueError("the meter was not commissioned yet")
        day = self._day(datetime.fromtimestamp(second, self._zone).date())
        slot, rest = divmod(second - day.start, SLOT_S)
        before = day.at(slot)
        if not rest:
            return Energy(tuple(before))
        after = day.at(slot + 1)
        return Energy(tuple(a + (b - a) // SLOT_S * rest for a, b in zip(before, after, strict=True)))

    def power(self, second: int) -> tuple[int, int]:
        """Signed W and var of the slot that holds this second."""
        moment = datetime.fromtimestamp(second, self._zone)
        power = month_power(self._shape, moment.year, moment.month)
        slot = (second - power.grid.start) // SLOT_S
        return int(power.active_w[slot]), int(power.reactive_var[slot])

    def max_demand(
        self, register: str, start: int, end: int, outages: tuple[tuple[int, int], ...] = ()
    ) -> tuple[int, int] | None:
        """Greatest whole W of a full slot in [start, end) of one local month, and the second the slot ended."""
        first_day = datetime.fromtimestamp(start, self._zone)
        power = month_power(self._shape, first_day.year, first_day.month)
        full = max(0, (end - power.grid.start) // SLOT_S)
        columns, masks = self._columns(power), tariff_masks(power.grid, self._tariffs)
        counters = [divmod(n, TARIFFS) for n in REGISTER_COUNTERS[register]]
        used = sum((columns[n, :full] * masks[tariff, :full] for n, tariff in counters), np.zeros(full, np.int64))
        used *= SLOT_S
        for opened, closed in outages:
            _cut(used, power.grid.start, opened, closed)
        if not full or not used.max():
            return None
        best = int(used.argmax())
        return int(used[best]) // SLOT_S, power.grid.start + (best + 1) * SLOT_S

    def _day(self, day: date) -> _Day:
        kept = self._days.get(day)
        if kept is not None:
            self._days.move_to_end(day)
            return kept
        made = self._make_day(day)
        self._days[day] = made
        while len(self._days) > DAYS_KEPT:
            self._days.popitem(last=False)
        return made

    def _make_day(self, day: date) -> _Day:
        power = month_power(self._shape, day.year, day.month)
        first, last = power.grid.day_firsts[day.day - 1 : day.day + 1]
        columns, masks = self._columns(power), tariff_masks(power.grid, self._tariffs)
        before = self._month_start(_month_number(day.year, day.month)) + _summed(columns[:, :first], masks[:, :first])
        moved = (columns[:, None, first:last] * masks[:, first:last]).reshape(COUNTERS, -1)
        counters = np.flatnonzero((before > 0) | moved.any(axis=1))
        sums = np.empty((counters.size, last - first + 1), dtype=np.int64)
        sums[:, 0] = before[counters]
        np.cumsum(moved[counters] * SLOT_S, axis=1, out=sums[:, 1:])
        sums[:, 1:] += sums[:, :1]
        return _Day(local_midnight(day, self._zone), tuple(counters.tolist()), sums)

    def _month_start(self, number: int) -> Whole:
        if not self._month_starts:
            self._month_starts.append(np.zeros(COUNTERS, dtype=np.int64))
        while len(self._month_starts) <= number - self._first_month:
            year, month = divmod(self._first_month + len(self._month_starts) - 1, 12)
            power = self._shape.month(year, month + 1)
            used = _summed(self._columns(power), tariff_masks(power.grid, self._tariffs))
            self._month_starts.append(self._month_starts[-1] + used)
        return self._month_starts[number - self._first_month]

    def _columns(self, power: MonthPower) -> Whole:
        """W, var or VA of each slot by quantity; nothing before commissioning."""
        p, q = power.active_w, power.reactive_var
        takes, lags = p >= 0, q >= 0
        gives, leads = ~takes, ~lags
        apparent = np.rint(np.hypot(p, q)).astype(np.int64)
        columns = np.zeros((len(QUANTITIES), p.size), dtype=np.int64)
        active = ((p, takes), (-p, gives))
        reactive = ((q, takes & lags), (q, gives & lags), (-q, gives & leads), (-q, takes & leads))
        both = ((apparent, takes), (apparent, gives))
        for column, (value, where) in zip(columns, (*active, *reactive, *both), strict=True):
            np.copyto(column, value, where=where)
        unborn = max(0, (self._start - power.grid.start) // SLOT_S)
        columns[:, :unborn] = 0
        return columns


def _summed(columns: Whole, masks: Whole) -> Whole:
    """W·s of all slots by counter. A month's watts stay far below 2**53, so the float product is exact."""
    watts = columns.astype(np.float64) @ masks.T.astype(np.float64)
    return watts.astype(np.int64).reshape(COUNTERS) * SLOT_S


@lru_cache(maxsize=512)
def month_power(shape: LoadShape, year: int, month: int) -> MonthPower:
    """The drawn month, kept for a few hundred meter-months: a backfill walks through them day by day."""
    return shape.month(year, month)


def _cut(used: Whole, start: int, opened: int, closed: int) -> None:
    """Take the seconds between `opened` and `closed` out of the slots they touch."""
    slots = start + SLOT_S * np.arange(used.size)
    lost = (np.minimum(slots + SLOT_S, closed) - np.maximum(slots, opened)).clip(0, SLOT_S)
    used -= used // SLOT_S * lost


def _month_number(year: int, month: int) -> int:
    return year * 12 + month - 1
