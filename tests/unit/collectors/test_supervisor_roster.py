"""Who is not on the roster is not asked, but what it reports by itself is still kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from collectors.collection import PassReport, PassTerms
from collectors.plan_runner import InMemoryProgress, PlanRunner
from collectors.supervisor import Supervisor
from headend.domain.collection import BackfillJob
from headend.domain.metering import MeterInstallation
from headend.domain.plans import Plan, PlanCalendar, PlanKind
from tests.fakes.all_meters import AllMeters
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.virtual_time import VirtualClock, run_virtual

ZONE = ZoneInfo("Asia/Shanghai")
PLANS = [
    Plan("registers", PlanKind.REGISTERS, PlanCalendar(ZONE, timedelta(minutes=15))),
    Plan("freeze", PlanKind.DAILY_FREEZE, PlanCalendar(ZONE, timedelta(days=1))),
]


class Noting:
    """A collection that notes whom it was told to ask and to watch."""

    silent: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.watched: list[list[int]] = []

    async def registers(
        self,
        installations: Sequence[MeterInstallation],
        heard: Callable[[], None] = lambda: None,
        *,
        watched: Sequence[MeterInstallation] = (),
        terms: PassTerms,
    ) -> PassReport:
        self.asked.append([one.id for one in installations])
        self.watched.append([one.id for one in watched])
        return PassReport()

    async def daily_freezes(
        self, installations: Sequence[MeterInstallation], days: Sequence[int], *, terms: PassTerms
    ) -> PassReport:
        self.asked.append([one.id for one in installations])
        return PassReport()


class NoBackfill:
    """Nothing is missing."""

    async def jobs(self, since: object) -> Sequence[BackfillJob]:
        return ()

    async def fill(self, job: BackfillJob) -> int:
        return 0


class ButTheFirst:
    """A roster on which the first meter is not."""

    def __init__(self, registry: MemoryMeterRegistry) -> None:
        self._registry = registry

    async def installations(self) -> Sequence[MeterInstallation]:
        return (await self._registry.installations())[1:]


@pytest.mark.parametrize(("is_parked", "asked"), [(True, [2, 3]), (False, [1, 2, 3])])
def test_those_on_the_roster_are_asked_and_everybody_is_listened_to(is_parked: bool, asked: list[int]) -> None:
    async def run() -> Noting:
        registry, noting, clock = MemoryMeterRegistry(), Noting(), VirtualClock()
        await registry.register([registration(n) for n in (1, 2, 3)])
        asked = AllMeters(ButTheFirst(registry) if is_parked else registry)
        runner = PlanRunner(noting, registry, asked, InMemoryProgress(), clock=clock, events=MemoryEventLog())  # type: ignore[arg-type]
        supervisor = Supervisor(noting, runner, PLANS, NoBackfill(), clock=clock)  # type: ignore[arg-type]
        task = asyncio.create_task(supervisor.run())
        await clock.sleep(1800.0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return noting

    noting = run_virtual(run())
    assert len(noting.asked) >= 3 and all(pass_ == asked for pass_ in noting.asked)
    assert noting.watched and all(pass_ == [1, 2, 3] for pass_ in noting.watched)
