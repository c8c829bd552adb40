"""What meters told in one session, one row a meter, and what a rule says of it. Pure columns, no verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from headend.domain.instants import from_us, iso
from headend.domain.meter_states import StateKind
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, ReadingBatch

Rows = NDArray[np.bool_]
DECIMALS = 7
UNIT = 10**DECIMALS  # every value of a sample is in ten-millionths of its unit
UNTOLD = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Samples:
    """One row a meter: `at` received, `measured` the meter's own time (both us), `values` by reading type."""

    meter: Ints
    at: Ints
    measured: Ints
    capacity_va: Ints
    values: Mapping[str, Ints]

    def take(self, rows: Rows) -> Samples:
        """Only these rows."""
        values = {name: column[rows] for name, column in self.values.items()}
        return Samples(self.meter[rows], self.at[rows], self.measured[rows], self.capacity_va[rows], values)

    def told(self, name: str) -> Rows:
        """Who told this."""
        return np.asarray(self.values[name] != UNTOLD, np.bool_)

    def words(self, name: str, row: int) -> str:
        """One value with its times, as it stands in evidence; (meter, reading type, measured) finds the reading."""
        measured, at = iso(from_us(int(self.measured[row]))), iso(from_us(int(self.at[row])))
        return f"{name} {number(int(self.values[name][row]))} measured {measured} received {at}"


def number(value: int, unit: int = UNIT) -> str:
    """A scaled value as people write it, exact."""
    whole, rest = divmod(abs(value), unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' + digits if digits else ''}"


@dataclass(frozen=True, slots=True)
class Judged:
    """Row by row: it is so, it is so no more, or neither, which says nothing. `memory` is the new one."""

    is_so: Rows
    is_over: Rows
    since: Ints
    memory: Ints


class StateRule(Protocol):
    """One rule, built from its thresholds. It judges meters that told all of `needs` and any of `looks_at`."""

    @property
    def kind(self) -> StateKind:
        """The state that it judges."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Reading types without which it says nothing."""
        ...

    @property
    def looks_at(self) -> tuple[str, ...]:
        """Reading types of which it wants one at least."""
        ...

    @property
    def width(self) -> int:
        """How many numbers it remembers of a meter, all UNTOLD at first."""
        ...

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """`memory` has `width` rows and a column for each row of `seen`, which are newer than those before."""
        ...

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """What the verdict on one row stands on; `memory` is the new one."""
        ...


def sessions(
    batch: ReadingBatch, types: ReadingTypeTable, names: Sequence[str], capacity_va: Ints
) -> Iterator[Samples]:
    """The batch as rows of meters, oldest first: the first value of each type, then the second, and so on."""
    wanted = {types.by_name(name).id: name for name in names}
    rows = np.flatnonzero(np.isin(batch.reading_type, list(wanted)))
    rows = rows[np.lexsort((batch.received_at[rows], batch.reading_type[rows], batch.installation[rows]))]
    meter, kind = batch.installation[rows], batch.reading_type[rows]
    starts = np.ones(len(rows), np.bool_)
    starts[1:] = (meter[1:] != meter[:-1]) | (kind[1:] != kind[:-1])
    position = np.arange(len(rows))
    turn = position - np.maximum.accumulate(np.where(starts, position, 0)) if len(rows) else position
    for one in range(int(turn.max()) + 1 if len(rows) else 0):
        yield _session(batch, rows[turn == one], wanted, types, capacity_va)


def _session(
    batch: ReadingBatch, rows: Ints, wanted: Mapping[int, str], types: ReadingTypeTable, capacity_va: Ints
) -> Samples:
    meters, place = np.unique(batch.installation[rows], return_inverse=True)
    at, measured = np.full(len(meters), UNTOLD, np.int64), np.full(len(meters), UNTOLD, np.int64)
    np.maximum.at(at, place, batch.received_at[rows])
    np.maximum.at(measured, place, batch.measured_at[rows])
    capacity = np.zeros(len(meters), np.int64)
    capacity[place] = capacity_va[rows]
    values = {}
    for type_id, name in wanted.items():
        own = batch.reading_type[rows] == type_id
        column = np.full(len(meters), UNTOLD, np.int64)
        column[place[own]] = batch.value[rows[own]] * 10 ** (DECIMALS - types.by_id(type_id).decimals)
        values[name] = column
    return Samples(meters, at, measured, capacity, values)
