"""The nightly job: which days are due, that none is computed twice, and that a failure is told once and tried again."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.domain.kpi import KpiDay, MetricDay
from headend.domain.readings import to_batch
from headend.services.compute_kpis import ComputeKpis
from headend.services.compute_kpis_nightly import ComputeKpisNightly, due_days, next_night
from tests.fakes.memory_grid import MemoryKpiLedger
from tests.fakes.memory_readings import MemoryReadingStore
from tests.fakes.memory_stores import MemoryEventLog
from tests.fakes.meters import registers
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.headend.kpi.fleets import DEFINITIONS as SHIPPED
from tests.unit.headend.kpi.fleets import TYPES, AMeter, Fleet, service

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)
EARLY = datetime(2026, 11, 23, 18, 59, tzinfo=UTC)  # 02:59 of Tuesday at the site


def test_a_day_is_due_three_hours_after_its_end() -> None:
    assert due_days(EARLY, ZONE)[-1] == MONDAY - timedelta(days=1)
    assert due_days(EARLY + timedelta(minutes=1), ZONE)[-1] == MONDAY
    assert next_night(EARLY, ZONE) == EARLY + timedelta(minutes=1)
    assert next_night(EARLY + timedelta(minutes=1), ZONE) == EARLY + timedelta(days=1, minutes=1)
    assert len(due_days(EARLY, ZONE)) == 7


class Night:
    """A nightly job over a real computation; `failing` of its first attempts meet a store that is away."""

    def __init__(self, *, failing: int = 0) -> None:
        self.clock, self.ledger, self.events = VirtualClock(EARLY), MemoryKpiLedger(), MemoryEventLog()
        self.readings = MemoryReadingStore(TYPES)
        compute = service(Fleet([AMeter()]), list(SHIPPED.values()), self.ledger)
        compute._clock = self.clock
        self.compute = _Failing(compute, failing)
        self.job = ComputeKpisNightly(
            self.compute,  # type: ignore[arg-type]  # the real one behind a switch
            self.ledger,
            self.readings,
            zone=ZONE,
            clock=self.clock,
            events=self.events,
        )

    async def days(self) -> list[date]:
        days = [MONDAY + timedelta(days=n) for n in range(-9, 9)]
        return [day for day in days if await self.ledger.computations("coverage", day)]

    async def read_at_end_of(self, day: date) -> None:
        edge = MetricDay.of(day, ZONE).end
        await self.readings.append(to_batch(registers(TYPES, 1, [(edge, "1.00")])))

    async def run_for(self, hours: float) -> None:
        task = asyncio.create_task(self.job.run())
        await self.clock.sleep(hours * 3600)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Failing:
    def __init__(self, compute: ComputeKpis, times: int) -> None:
        self._compute, self.left, self.definitions = compute, times, compute.definitions
        self.type_id = compute.type_id

    async def compute(self, day: date, by: str) -> list[KpiDay]:
        if self.left:
            self.left -= 1
            raise StoreUnavailable("away")
        return list(await self._compute.compute(day, by))


def test_days_before_the_first_reading_have_no_figures_and_every_day_after_it_has() -> None:
    async def run() -> tuple[list[date], list[date]]:
        night = Night()
        await night.run_for(30)
        nothing = await night.days()
        await night.read_at_end_of(MONDAY)
        await night.run_for(48)
        return nothing, await night.days()

    nothing, later = run_virtual(run())
    assert nothing == []
    assert later == [MONDAY + timedelta(days=n) for n in range(4)], "78 hours later it is Friday"


def test_nothing_is_computed_twice() -> None:
    async def run() -> int:
        night = Night()
        await night.read_at_end_of(MONDAY)
        await night.run_for(60)
        await night.run_for(60)
        return len(await night.ledger.computations("coverage", MONDAY))

    assert run_virtual(run()) == 1


@pytest.mark.parametrize(("failing", "told"), [(0, 0), (3, 1)])
def test_a_failure_is_told_once_a_night_and_tried_again(failing: int, told: int) -> None:
    async def run() -> tuple[list[date], int]:
        night = Night(failing=failing)
        await night.read_at_end_of(MONDAY)
        await night.run_for(5)
        events = await night.events.recent(99)
        return await night.days(), sum(event.kind is EventKind.KPI_FAILED for event in events)

    assert run_virtual(run()) == ([MONDAY], told)
