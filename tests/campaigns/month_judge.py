"""The judge of a month: all that is stored against what the simulated meters truly are. Trusts no head-end code."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb

from headend.domain.instants import from_us, to_us
from headend.domain.readings import SOURCES, ReadingSource
from simulators import SimulatedMeter
from simulators.meter_clock import MeterClock
from tests.scenarios.world import TYPES

SLOT, SLOT_US = timedelta(minutes=15), 900_000_000
UNREAD = timedelta(hours=2)  # what an exchanged meter may take with it
LATEST = timedelta(seconds=8)
REMEMBERED = (ReadingSource.LOAD_PROFILE, ReadingSource.DAILY_FREEZE)
KEPT = """
    select installation, reading_type, measured_at, received_at, value, source,
        count(*) over (partition by installation, reading_type, measured_at)
    from reading"""
Stored = tuple[int, int, int, int, int, int, int]


@dataclass(slots=True)
class Hung:
    """A meter that hung at a place from an instant on, under an installation; its clock as it was before each jump."""

    installation: int
    meter: SimulatedMeter
    since: datetime
    clocks: list[MeterClock] = field(default_factory=list)

    def remember_clock(self) -> None:
        """Its clock jumps now: what it showed before stays known."""
        self.clocks.append(copy.deepcopy(self.meter.clock))

    def had(self, name: str, stamp: datetime) -> set[Decimal]:
        """What the register was whenever the clock came to this instant."""
        instants = {clock.true_instant(stamp) for clock in (*self.clocks, self.meter.clock)}
        return {self.meter.energy(at).register(name) for at in instants if at is not None}


@dataclass(frozen=True, slots=True)
class Month:
    """What was judged."""

    due: int
    missing: int
    untellable: int
    readings: int
    violations: Sequence[str]
    jumps: int = 0
    exchanges: int = 0
    sha256: str = ""


def judged(
    kept: duckdb.DuckDBPyConnection, places: Sequence[Sequence[Hung]], start: datetime, span: timedelta
) -> Month:
    """Every reading that is kept, and the quarters of an hour of every place."""
    bad, readings = list[str](), 0
    stamps: dict[int, set[int]] = defaultdict(set)  # the quarters that hold a reading, by installation
    hung = {one.installation: one for place in places for one in place}
    energy = TYPES.by_name("active_energy_import").id
    rows = kept.execute(KEPT)
    while batch := rows.fetchmany(100_000):
        readings += len(batch)
        for row in batch:
            bad += _wrong(row, hung[row[0]])
            if row[1] == energy:
                stamps[row[0]].add((row[2] - to_us(start)) // SLOT_US)
    due = missing = untellable = 0
    for place in places:
        lost, taken = _lacking(place, stamps, start, span)
        due += span // SLOT - taken
        missing += len(lost)
        untellable += taken
        bad += [f"{place[0].meter.address} lacks {stamp:%m-%d %H:%M}" for stamp in lost]
    return Month(due, missing, untellable, readings, bad)


def _wrong(row: Stored, hung: Hung) -> list[str]:
    """Doubled, told by another meter than hung there, or a value that it never had."""
    installation, kind, measured, received, value, source, versions = row
    shown = TYPES.by_id(kind)
    what = (
        f"{hung.meter.address} ({installation}) {shown.name} {shown.text(value)} at {from_us(measured):%m-%d %H:%M:%S}"
    )
    if versions > 1:
        return [f"{what}: one of {versions} versions"]
    if from_us(received) < hung.since:
        return [f"{what}: heard before the meter hung there"]
    if SOURCES[source] in REMEMBERED:
        if shown.unscale(value) not in hung.had(shown.name, from_us(measured)):
            return [f"{what}: the meter never had that"]
    elif SOURCES[source] is ReadingSource.SCHEDULED and shown.unit == "kWh":
        low, high = (
            hung.meter.energy(from_us(received) - early).register(shown.name) for early in (LATEST, timedelta(0))
        )
        if not low <= shown.unscale(value) <= high:
            return [f"{what}: the meter showed {low} to {high}"]
    return []


def _lacking(
    place: Sequence[Hung], stamps: dict[int, set[int]], start: datetime, span: timedelta
) -> tuple[list[datetime], int]:
    """The quarters that no installation of the place has, and how many an exchanged meter took with it."""
    present = set().union(*(stamps[one.installation] for one in place))
    lacking = [start + n * SLOT for n in range(span // SLOT) if n not in present]
    taken = [s for s in lacking if any(one.since - UNREAD <= s <= one.since for one in place[1:])]
    return [stamp for stamp in lacking if stamp not in taken], len(taken)
