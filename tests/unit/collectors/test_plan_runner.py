"""A plan at work on virtual time: by the minute, until its deadline, once over restarts, with word of the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from collectors.collection import PassReport, PassTerms
from collectors.plan_runner import InMemoryProgress, PlanRunner
from headend.domain.collection import Priority
from headend.domain.events import EventKind
from headend.domain.metering import MeterInstallation, Protocol
from headend.domain.plans import Plan, PlanCalendar, PlanKind
from tests.fakes.all_meters import AllMeters
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.virtual_time import VirtualClock, run_virtual

ZONE, MINUTE = ZoneInfo("Asia/Shanghai"), timedelta(minutes=1)
HOURLY = Plan("hourly", PlanKind.REGISTERS, PlanCalendar(ZONE, 60 * MINUTE))
Pass = tuple[datetime, list[int], str, PassTerms]


@dataclass
class Desk:
    """A collection that notes its passes, each of which takes `pass_s`, and everything around it."""

    pass_s: float = 0.0
    unasked: int = 0
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(datetime(2026, 6, 1, 8, 30, tzinfo=ZONE)))
    events: MemoryEventLog = field(default_factory=MemoryEventLog)
    progress: InMemoryProgress = field(default_factory=InMemoryProgress)
    passes: list[Pass] = field(default_factory=list)
    spans: list[tuple[datetime, int]] = field(default_factory=list)

    async def registers(
        self, asked: Sequence[MeterInstallation], *, watched: Sequence[MeterInstallation], terms: PassTerms
    ) -> PassReport:
        return await self._pass(asked, "registers", terms)

    async def daily_freezes(
        self, asked: Sequence[MeterInstallation], days: Sequence[int], *, terms: PassTerms
    ) -> PassReport:
        return await self._pass(asked, f"freeze {days}", terms)

    async def load_profiles(
        self, asked: Sequence[MeterInstallation], start: datetime, slots: int, *, terms: PassTerms
    ) -> PassReport:
        self.spans.append((start, slots))
        return await self._pass(asked, "curve", terms)

    async def _pass(self, asked: Sequence[MeterInstallation], what: str, terms: PassTerms) -> PassReport:
        self.passes.append((self.clock.now(), [one.id for one in asked], what, terms))
        await self.clock.sleep(self.pass_s)
        return PassReport(unasked=self.unasked)

    async def follow(self, plan: Plan, hours: float, meters: int = 3) -> None:
        registry = MemoryMeterRegistry()
        await registry.register([registration(n) for n in range(1, meters + 1)])
        runner = PlanRunner(
            self,  # type: ignore[arg-type]  # a collection as far as the runner sees
            registry,
            AllMeters(registry),
            self.progress,
            clock=self.clock,
            events=self.events,
        )
        task = asyncio.create_task(runner.follow(plan, nullcontext))
        await self.clock.sleep(hours * 3600)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def told(self) -> list[str]:
        events = asyncio.run(self.events.recent(1_000))
        return [event.detail for event in reversed(events) if event.kind is EventKind.PLAN_BEHIND]


def test_one_pass_a_slot_from_the_newest_on() -> None:
    desk = Desk()
    run_virtual(desk.follow(HOURLY, 3))
    local = [at.astimezone(ZONE) for at, *_ in desk.passes]
    assert [(at.hour, at.minute) for at in local] == [(8, 30), (9, 0), (10, 0), (11, 0)]
    assert desk.told() == []


def test_a_restart_does_not_do_a_slot_again() -> None:
    async def two_lives(desk: Desk) -> None:
        await desk.follow(HOURLY, 1)
        await desk.follow(HOURLY, 1)

    desk = Desk()
    run_virtual(two_lives(desk))
    assert [at.astimezone(ZONE).hour for at, *_ in desk.passes] == [8, 9, 10]


def test_a_long_pause_is_told_and_only_the_newest_slot_is_done() -> None:
    async def with_a_night_between(desk: Desk) -> None:
        await desk.follow(HOURLY, 1)
        await desk.clock.sleep(10 * 3600)
        await desk.follow(HOURLY, 0.1)

    desk = Desk()
    run_virtual(with_a_night_between(desk))
    assert [at.astimezone(ZONE).hour for at, *_ in desk.passes] == [8, 9, 19]
    [told] = desk.told()
    assert "9 slots went by undone" in told


def test_a_pass_that_overruns_costs_the_slots_it_covers_and_tells() -> None:
    desk = Desk(pass_s=130 * 60)
    run_virtual(desk.follow(HOURLY, 5))
    assert [at.astimezone(ZONE).hour for at, *_ in desk.passes] == [8, 10, 12]
    assert desk.told() and all("1 slots went by undone" in one for one in desk.told())


def test_jitter_spreads_the_meters_over_minutes_the_same_each_time() -> None:
    desk = Desk()
    run_virtual(desk.follow(replace(HOURLY, jitter=20 * MINUTE), 4, meters=40))
    first_at = datetime(2026, 6, 1, 9, tzinfo=ZONE)
    hours = []
    for hour in (9, 10, 11):
        begin = first_at.replace(hour=hour)
        passes = [one for one in desk.passes if one[0].astimezone(ZONE).hour == hour]
        hours.append({(at - begin, tuple(ids)) for at, ids, *_ in passes})
    assert hours[0] == hours[1] == hours[2] and len(hours[0]) > 10
    assert sorted(n for _, ids in hours[0] for n in ids) == list(range(1, 41))


def test_terms_carry_items_priority_and_deadline() -> None:
    desk = Desk(unasked=2)
    plan = replace(HOURLY, items=("voltage_l1",), priority=Priority.URGENT, deadline=20 * MINUTE)
    run_virtual(desk.follow(plan, 1))
    [(at, _, _, terms)] = desk.passes
    assert terms == PassTerms(("voltage_l1",), Priority.URGENT, at + 20 * MINUTE)
    assert "2 meters were not asked" in desk.told()[0]


def test_each_kind_asks_for_its_own_thing() -> None:
    for kind, what in ((PlanKind.DAILY_FREEZE, "freeze [1]"), (PlanKind.LOAD_PROFILE, "curve")):
        desk = Desk()
        run_virtual(desk.follow(replace(HOURLY, kind=kind), 1))
        assert {one[2] for one in desk.passes} == {what}
    assert [(at.astimezone(ZONE).hour, slots) for at, slots in desk.spans] == [(7, 4), (8, 4)]
    desk = Desk()
    run_virtual(desk.follow(replace(HOURLY, kind=PlanKind.CLOCK), 1))
    assert {one[3].items for one in desk.passes} == {("clock",)}


def test_who_has_no_driver_for_it_is_not_asked() -> None:
    async def run(desk: Desk) -> None:
        registry = MemoryMeterRegistry()
        await registry.register([registration(1), replace(registration(2), protocol=Protocol.MODBUS)])
        runner = PlanRunner(
            desk,  # type: ignore[arg-type]
            registry,
            AllMeters(registry),
            desk.progress,
            clock=desk.clock,
            events=desk.events,
        )
        task = asyncio.create_task(runner.follow(replace(HOURLY, kind=PlanKind.DAILY_FREEZE), nullcontext))
        await desk.clock.sleep(60)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    desk = Desk()
    run_virtual(run(desk))
    assert [ids for _, ids, *_ in desk.passes] == [[1]]
