"""One day of a fleet as columns: what was due of each meter, what came, and who is left out. No loop over slots.

A slot is due when the meter was installed for all of it and parked for none of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from headend.domain.instants import to_us
from headend.domain.kpi import EXCLUSIONS, Exclusion, KpiDefinition, KpiEvidence, Measure, MetricDay
from headend.domain.parking import Parking
from headend.domain.readings import Ints

SLOT_US = 900_000_000
FOR_EVER = np.iinfo(np.int64).max
Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FleetColumns:
    """Every installation that was not gone before the day, and where it stood when the day ended (-1: unknown).

    Instants in us UTC; `removed_at` is FOR_EVER for an open installation. Sorted by installation.
    """

    installation: Ints
    installed_at: Ints
    removed_at: Ints
    line: Ints
    customer_class: Ints
    substation: Ints
    feeder: Ints
    transformer: Ints


@dataclass(frozen=True, slots=True)
class DueWindows:
    """Stretches [begin, end) in us UTC, whole slots each, in which readings of a meter are due; `row` of the fleet."""

    row: Ints
    begin: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What the reading store knows of each row of the fleet: counts of due slots, and 0 or 1 for the rest."""

    received_slots: Ints
    timely_slots: Ints
    register_at_day_end: Ints
    heard: Ints
    clock_seen: Ints
    clock_wrong: Ints


@dataclass(frozen=True, slots=True)
class MeterDays:
    """The fleet on one day."""

    day: MetricDay
    fleet: FleetColumns
    windows: DueWindows
    parked: Rows
    facts: DayFacts


def due_windows(fleet: FleetColumns, parkings: Iterable[Parking], day: MetricDay) -> DueWindows:
    """Whole slots of the day in which each meter was installed, without those that a parking touches."""
    start, slots = to_us(day.start), (to_us(day.end) - to_us(day.start)) // SLOT_US
    first = np.clip(-((start - fleet.installed_at) // SLOT_US), 0, slots)
    last = np.clip((fleet.removed_at - start) // SLOT_US, 0, slots)
    touched = _touched_slots(fleet, parkings, day)
    plain = np.setdiff1d(np.flatnonzero(last > first), np.fromiter(touched, np.int64, len(touched)))
    pieces = [
        (row, begin, end)
        for row, stays in touched.items()
        for begin, end in _without(int(first[row]), int(last[row]), stays)
    ]
    cut = np.array(pieces, np.int64).reshape(-1, 3)
    rows = np.concatenate([plain, cut[:, 0]])
    begin, end = np.concatenate([first[plain], cut[:, 1]]), np.concatenate([last[plain], cut[:, 2]])
    order = np.lexsort((begin, rows))
    return DueWindows(rows[order], start + SLOT_US * begin[order], start + SLOT_US * end[order])


def parked_rows(fleet: FleetColumns, parkings: Iterable[Parking], day: MetricDay) -> Rows:
    """True for a meter that was parked in some part of the day."""
    ids = [parking.installation_id for parking in parkings if parking.overlaps(day.start, day.end)]
    return np.isin(fleet.installation, np.array(ids, np.int64))


def evidence_of(days: MeterDays, definition: KpiDefinition) -> KpiEvidence:
    """What each meter puts into the figures of a definition; an excluded one puts in nothing."""
    exclusion = np.full(len(days.fleet.installation), -1, np.int64)
    for reason in definition.exclusions:
        exclusion[(exclusion < 0) & _EXCLUDED[reason](days)] = EXCLUSIONS.index(reason)
    counted = exclusion < 0
    fleet = days.fleet
    return KpiEvidence(
        installation=fleet.installation,
        numerator=np.where(counted, _MEASURED[definition.numerator](days), 0),
        denominator=np.where(counted, _MEASURED[definition.denominator](days), 0),
        exclusion=exclusion,
        substation=fleet.substation,
        feeder=fleet.feeder,
        transformer=fleet.transformer,
        line=fleet.line,
        customer_class=fleet.customer_class,
    )


def _touched_slots(
    fleet: FleetColumns, parkings: Iterable[Parking], day: MetricDay
) -> Mapping[int, list[tuple[int, int]]]:
    """For the row of each parked meter the slots [begin, end) that its parkings touch."""
    row_of = {int(number): row for row, number in enumerate(fleet.installation)}
    touched: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for parking in parkings:
        row = row_of.get(parking.installation_id)
        if row is not None and parking.overlaps(day.start, day.end):
            touched[row].append(slots_touched(parking, day.start, day.end))
    return touched


def slots_touched(parking: Parking, start: datetime, end: datetime) -> tuple[int, int]:
    """The slots [begin, end), counted from `start`, that a parking which overlaps [start, end) touches."""
    zero = to_us(start)
    since = max(to_us(parking.since), zero)
    until = min(to_us(parking.end), to_us(end)) if parking.end is not None else to_us(end)
    return (since - zero) // SLOT_US, -((zero - until) // SLOT_US)


def _without(first: int, last: int, stays: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of [first, last) that no stay touches."""
    found = []
    for begin, end in sorted(stays):
        if first < min(begin, last):
            found.append((first, min(begin, last)))
        first = max(first, end)
    return [*found, (first, last)] if first < last else found


def _due_slots(days: MeterDays) -> Ints:
    due = np.zeros(len(days.fleet.installation), np.int64)
    np.add.at(due, days.windows.row, (days.windows.end - days.windows.begin) // SLOT_US)
    return due


def _is_installed(days: MeterDays) -> Rows:
    return (days.fleet.installed_at < to_us(days.day.end)) & (days.fleet.removed_at > to_us(days.day.start))


_MEASURED: Mapping[Measure, Callable[[MeterDays], Ints]] = {
    Measure.INSTALLED: lambda days: _is_installed(days).astype(np.int64),
    Measure.HEARD: lambda days: days.facts.heard,
    Measure.REGISTER_AT_DAY_END: lambda days: days.facts.register_at_day_end,
    Measure.DUE_SLOTS: _due_slots,
    Measure.RECEIVED_SLOTS: lambda days: days.facts.received_slots,
    Measure.TIMELY_SLOTS: lambda days: days.facts.timely_slots,
    Measure.CLOCK_SEEN: lambda days: days.facts.clock_seen,
    Measure.CLOCK_CORRECT: lambda days: days.facts.clock_seen * (1 - days.facts.clock_wrong),
}
_EXCLUDED: Mapping[Exclusion, Callable[[MeterDays], Rows]] = {
    Exclusion.NOT_YET_INSTALLED: lambda days: days.fleet.installed_at >= to_us(days.day.end),
    Exclusion.INSTALLED_THAT_DAY: lambda days: days.fleet.installed_at > to_us(days.day.start),
    Exclusion.REMOVED: lambda days: days.fleet.removed_at <= to_us(days.day.end),
    Exclusion.PARKED: lambda days: days.parked,
    Exclusion.PARKED_ALL_DAY: lambda days: days.parked & (_due_slots(days) == 0),
    Exclusion.NOTHING_DUE: lambda days: _due_slots(days) == 0,
    Exclusion.CLOCK_NOT_SEEN: lambda days: days.facts.clock_seen == 0,
}
