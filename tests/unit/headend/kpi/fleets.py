"""Small fleets for the KPI tests: meters, parkings and readings as plain rows, and the real computation over them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from headend.clock import SteppedClock
from headend.domain.instants import to_us
from headend.domain.kpi import KpiDefinition, KpiEvidence, KpiFigure, MetricDay, ScopeKind
from headend.domain.meter_days import FOR_EVER, DayFacts, FleetColumns
from headend.domain.parking import Parking, ParkingReason
from headend.domain.quality import ReadingQuality, mask
from headend.domain.readings import SOURCE_CODE, ReadingSource
from headend.kpi_files import kpi_definitions
from headend.ports import DayQuestion
from headend.services.compute_kpis import ComputeKpis, KpiStores
from headend.shipped import config_root
from headend.stores.readings.database import SCHEMA
from headend.stores.readings.day_facts import day_facts
from tests.fakes.batches import shipped_types
from tests.fakes.memory_grid import MemoryKpiLedger
from tests.fakes.memory_stores import MemoryEventLog

TYPES = shipped_types()
DEFINITIONS = {one.id: one for one in kpi_definitions(config_root(), TYPES)}
REGISTER = TYPES.by_name("active_energy_import").id
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ORDINARY = MetricDay.of(date(2026, 11, 23), SHANGHAI)
LONG, SHORT = MetricDay.of(date(2026, 10, 25), BERLIN), MetricDay.of(date(2026, 3, 29), BERLIN)
SLOT = timedelta(minutes=15)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AMeter:
    """One row of the fleet; its number is its place in the list, from 1."""

    installed_at: datetime = LONG_AGO
    removed_at: datetime | None = None
    line: int = 1
    customer_class: int = 0
    transformer: int = -1


@dataclass(frozen=True, slots=True)
class AReading:
    """One version of one reading."""

    meter: int
    measured_at: datetime
    received_at: datetime
    type_id: int = REGISTER
    qualities: tuple[ReadingQuality, ...] = ()
    source: ReadingSource = ReadingSource.SCHEDULED


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that a figure is made of."""

    meters: Sequence[AMeter]
    parkings: Sequence[Parking] = ()
    readings: Sequence[AReading] = ()
    day: MetricDay = field(default=ORDINARY)


def parked(meter: int, since: datetime, until: datetime | None = None) -> Parking:
    return Parking(meter, ParkingReason.UNDER_REPAIR, "", "ann", since, until)


def every_quarter(meter: int, day: MetricDay, *, late: timedelta = timedelta(seconds=5)) -> list[AReading]:
    """The register at each slot of the day and at the midnight that ends it."""
    slots = (day.end - day.start) // SLOT
    times = [day.start + SLOT * n for n in range(slots + 1)]
    return [AReading(meter, at, at + late) for at in times]


class _Book:
    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def fleet_on(self, day: MetricDay) -> FleetColumns:
        rows = [
            (
                number,
                to_us(one.installed_at),
                FOR_EVER if one.removed_at is None else to_us(one.removed_at),
                one.line,
                one.customer_class,
                -1,
                -1,
                one.transformer,
            )
            for number, one in enumerate(self._fleet.meters, start=1)
            if one.removed_at is None or one.removed_at > day.start
        ]
        return FleetColumns(*np.array(rows, np.int64).reshape(-1, 8).T.copy())

    async def names(self, kind: ScopeKind) -> Mapping[int, str]:
        return {number: f"{kind} {number}" for number in range(9)}


class _Parkings:
    def __init__(self, parkings: Sequence[Parking]) -> None:
        self._parkings = parkings

    async def between(self, start: datetime, end: datetime) -> Sequence[Parking]:
        return [parking for parking in self._parkings if parking.overlaps(start, end)]


class DuckFacts:
    """The real SQL over a database in memory."""

    def __init__(self, readings: Sequence[AReading]) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(SCHEMA)
        rows = [
            (
                one.meter,
                one.type_id,
                to_us(one.measured_at),
                to_us(one.received_at),
                7,
                mask(one.qualities),
                SOURCE_CODE[one.source],
                -1,
                version,
            )
            for version, one in enumerate(readings, start=1)
        ]
        if rows:
            self._connection.executemany("insert into reading values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    async def day_facts(self, question: DayQuestion) -> DayFacts:
        return day_facts(self._connection, question)


@dataclass(frozen=True, slots=True)
class Computed:
    """What was kept."""

    figures: Sequence[KpiFigure]
    evidence: KpiEvidence

    def figure(self, kind: ScopeKind = ScopeKind.UTILITY, scope: int = 0) -> tuple[int, int, int]:
        for one in self.figures:
            if (one.scope_kind, one.scope_id) == (kind, scope):
                return one.numerator, one.denominator, one.excluded
        raise AssertionError(f"no figure of {kind} {scope}")


def service(fleet: Fleet, definitions: Sequence[KpiDefinition], ledger: MemoryKpiLedger) -> ComputeKpis:
    zone = BERLIN if fleet.day in (LONG, SHORT) else SHANGHAI
    stores = KpiStores(
        book=_Book(fleet),
        parkings=_Parkings(fleet.parkings),  # type: ignore[arg-type]  # what the computation asks of the port
        facts=DuckFacts(fleet.readings),
        ledger=ledger,
        is_spooling=lambda: False,
    )
    clock = SteppedClock(fleet.day.end + timedelta(hours=3))
    return ComputeKpis(definitions, stores, TYPES, zone=zone, clock=clock, events=MemoryEventLog())


def computed(fleet: Fleet, kpi: str, **changes: object) -> Computed:
    """The figures of a shipped definition, perhaps changed, over a fleet."""
    definition = replace(DEFINITIONS[kpi], **changes)  # type: ignore[arg-type]  # fields by name
    ledger = MemoryKpiLedger()

    async def run() -> Computed:
        [one] = await service(fleet, [definition], ledger).compute(fleet.day.on, "ann")
        figures = [
            point.figure for kind in ScopeKind for point in await ledger.points(fleet.day.on, fleet.day.on, kind)
        ]
        return Computed(figures, await ledger.evidence(one.id))

    return asyncio.run(run())
