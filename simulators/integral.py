"""Exact energy: whole watt-seconds from commissioning to any instant, by prefix sums. It rounds nothing.

The metering chip counts once a second, so an instant is a whole number of UTC seconds. Tariffs change at
local legal time, whatever the meter's own clock says.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators.load_shape import LoadShape, MonthPower
from simulators.slots import SLOT_S, TariffTable, local_midnight, tariff_masks

ROWS = 14  # import T1..T4, export T1..T4, reactive Q1..Q4, apparent import, apparent export
WS_PER_KWH = 3_600_000
DAYS_KEPT = 2

# A register is the sum of its rows; names are those of the reading types.
REGISTER_ROWS: Mapping[str, tuple[int, ...]] = {
    "active_energy_import": (0, 1, 2, 3),
    **{f"active_energy_import_t{n + 1}": (n,) for n in range(4)},
    "active_energy_export": (4, 5, 6, 7),
    **{f"active_energy_export_t{n + 1}": (4 + n,) for n in range(4)},
    "active_energy_combined": (0, 1, 2, 3, 4, 5, 6, 7),
    **{f"active_energy_combined_t{n + 1}": (n, 4 + n) for n in range(4)},
    **{f"reactive_energy_q{n + 1}": (8 + n,) for n in range(4)},
    "reactive_energy_combined1": (8, 11),
    "reactive_energy_combined2": (9, 10),
    "apparent_energy_import": (12,),
    "apparent_energy_export": (13,),
}


@dataclass(frozen=True, slots=True)
class Energy:
    """The counters of a meter at one instant, in W·s, var·s and VA·s since it was made; they only grow."""

    ws: tuple[int, ...]

    def exact(self, register: str) -> int:
        """Watt-seconds in a register, nothing rounded."""
        return sum(self.ws[row] for row in REGISTER_ROWS[register])

    def register(self, register: str, *, decimals: int = 2) -> Decimal:
        """What the display shows in kWh: truncated, rolling over after 999999.

        Each counter is truncated before it is added, so the total always equals the sum of the tariffs shown,
        as in a real meter; it may lie up to three display counts under the exact total.
        """
        step = WS_PER_KWH // 10**decimals
        counts = sum(self.ws[row] // step for row in REGISTER_ROWS[register])
        return Decimal(counts % 10 ** (6 + decimals)).scaleb(-decimals)

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(tuple(a + b for a, b in zip(self.ws, other.ws, strict=True)))

    def __sub__(self, other: "Energy") -> "Energy":
        return Energy(tuple(a - b for a, b in zip(self.ws, other.ws, strict=True)))


NO_ENERGY = Energy((0,) * ROWS)


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    start: int
    sums: NDArray[np.int64]  # ROWS x (slots + 1), W·s since commissioning at each slot boundary


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
        self._month_starts: list[NDArray[np.int64]] = []
        self._days: OrderedDict[date, _Day] = OrderedDict()

    def energy(self, second: int) -> Energy:
        """Energy from `start` to a UTC second not before it."""
        if second < self._start:
            raise ValueError("the meter was not commissioned yet")
        day = self._day(datetime.fromtimestamp(second, self._zone).date())
        slot, rest = divmod(second - day.start, SLOT_S)
        before = day.sums[:, slot].tolist()
        if not rest:
            return Energy(tuple(before))
        after = day.sums[:, slot + 1].tolist()
        return Energy(tuple(a + (b - a) // SLOT_S * rest for a, b in zip(before, after, strict=True)))

    def power(self, second: int) -> tuple[int, int]:
        """Signed W and var of the slot that holds this second."""
        moment = datetime.fromtimestamp(second, self._zone)
        power = month_power(self._shape, moment.year, moment.month)
        slot = (second - power.grid.start) // SLOT_S
        return int(power.active_w[slot]), int(power.reactive_var[slot])

    def max_demand(
        self, register: str, start: int, end: int, outages: Sequence[tuple[int, int]] = ()
    ) -> tuple[int, int] | None:
        """Greatest whole W of a full slot in [start, end) of one local month, and the second the slot ended."""
        first_day = datetime.fromtimestamp(start, self._zone)
        power = month_power(self._shape, first_day.year, first_day.month)
        full = max(0, (end - power.grid.start) // SLOT_S)
        used = self._rows(power)[list(REGISTER_ROWS[register]), :full].sum(axis=0)
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
        rows = self._rows(power)
        sums = np.zeros((ROWS, last - first + 1), dtype=np.int64)
        np.cumsum(rows[:, first:last], axis=1, out=sums[:, 1:])
        sums += rows[:, :first].sum(axis=1)[:, None]
        sums += self._month_start(_month_number(day.year, day.month))[:, None]
        return _Day(local_midnight(day, self._zone), sums)

    def _month_start(self, number: int) -> NDArray[np.int64]:
        if not self._month_starts:
            self._month_starts.append(np.zeros(ROWS, dtype=np.int64))
        while len(self._month_starts) <= number - self._first_month:
            year, month = divmod(self._first_month + len(self._month_starts) - 1, 12)
            whole = self._rows(self._shape.month(year, month + 1)).sum(axis=1)
            self._month_starts.append(self._month_starts[-1] + whole)
        return self._month_starts[number - self._first_month]

    def _rows(self, power: MonthPower) -> NDArray[np.int64]:
        """W·s of each slot by counter; nothing before commissioning."""
        masks = tariff_masks(power.grid, self._tariffs)
        starts = power.grid.start + SLOT_S * np.arange(power.grid.count)
        seconds = SLOT_S * (starts >= self._start)
        p, q = power.active_w, power.reactive_var
        taken, given = p.clip(0, None), (-p).clip(0, None)
        inductive, capacitive = q.clip(0, None), (-q).clip(0, None)
        apparent = np.rint(np.hypot(p, q)).astype(np.int64)
        takes = p >= 0
        rows = (inductive * takes, inductive * ~takes, capacitive * ~takes, capacitive * takes)
        seen = (apparent * takes, apparent * ~takes)
        counters: NDArray[np.int64] = np.vstack((taken * masks, given * masks, *rows, *seen)) * seconds
        return counters


@lru_cache(maxsize=512)
def month_power(shape: LoadShape, year: int, month: int) -> MonthPower:
    """The drawn month, kept for a few hundred meter-months: a backfill walks through them day by day."""
    return shape.month(year, month)


def _cut(used: NDArray[np.int64], start: int, opened: int, closed: int) -> None:
    """Take the seconds between `opened` and `closed` out of the slots they touch."""
    slots = start + SLOT_S * np.arange(used.size)
    lost = (np.minimum(slots + SLOT_S, closed) - np.maximum(slots, opened)).clip(0, SLOT_S)
    used -= used // SLOT_S * lost


def _month_number(year: int, month: int) -> int:
    return year * 12 + month - 1
