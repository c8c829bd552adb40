"""Whom a plan means: by class, transformer, route, serial number; buses in the order of their route."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headend.clock import SteppedClock
from headend.domain.events import EventKind
from headend.domain.metering import CustomerClass
from headend.domain.plans import Plan, PlanCalendar, PlanKind, PlanTarget, TargetKind
from headend.domain.routes import Place, Route, RouteKind, RoutePlan, RouteStop
from headend.domain.special_reads import SpecialRead, SpecialReason
from headend.domain.topology import NodeKind, NodePlacement, Phase, SupplyPlacement
from headend.services.plan_meters import PlanMeters
from tests.fakes.memory_grid import MemoryTopology
from tests.fakes.memory_plans import MemoryRoutes, MemorySpecialReads
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import INSTALLED, registration

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
URL = "tcp://10.0.0.1:8899"


class World:
    """Four meters on a line, the first two on a transformer, the third in a box."""

    def __init__(self) -> None:
        self.registry, self.events = MemoryMeterRegistry(), MemoryEventLog()
        self.topology, self.routes, self.special = MemoryTopology(self.registry), MemoryRoutes(), MemorySpecialReads()
        clock = SteppedClock(NOW)
        self.meters = PlanMeters(
            self.registry, self.topology, self.routes, self.special, zone=ZONE, clock=clock, events=self.events
        )

    async def fill(self) -> None:
        rows = [
            replace(registration(n, line_url=URL, usage_point=f"UP-{n}"), serial_number=f"A-{n}") for n in range(1, 5)
        ]
        rows[3] = replace(rows[3], customer_class=CustomerClass.INDUSTRIAL)
        await self.registry.register(rows)
        nodes = [
            NodePlacement(NodeKind.SUBSTATION, "S", "", INSTALLED),
            NodePlacement(NodeKind.FEEDER, "F", "S", INSTALLED),
            NodePlacement(NodeKind.TRANSFORMER, "T", "F", INSTALLED),
            NodePlacement(NodeKind.METER_BOX, "BOX", "T", INSTALLED),
        ]
        points = [SupplyPlacement(f"UP-{n}", NodeKind.TRANSFORMER, "T", Phase.A, INSTALLED) for n in (1, 2)]
        boxed = SupplyPlacement("UP-3", NodeKind.METER_BOX, "BOX", Phase.B, INSTALLED)
        await self.topology.place([*nodes, *points, boxed])
        walk = Route("Walk", RouteKind.WALK, (RouteStop("BOX", Place(0, 0)),), readers=("Wang",))
        await self.routes.add([walk])

    async def asked(self, kind: TargetKind, *names: str) -> list[int]:
        target = PlanTarget(kind, names)
        plan = Plan("p", PlanKind.REGISTERS, PlanCalendar(ZONE, timedelta(hours=1)), target)
        return [one.id for one in await self.meters.of(plan)]


@pytest.mark.parametrize(
    ("target", "ids"),
    [
        ((TargetKind.EVERYBODY,), [1, 2, 3, 4]),
        ((TargetKind.CUSTOMER_CLASS, "industrial"), [4]),
        ((TargetKind.TRANSFORMER, "T"), [1, 2, 3]),
        ((TargetKind.METERS, "A-2", "A-4"), [2, 4]),
        ((TargetKind.ROUTE, "Walk"), [3]),
    ],
)
def test_a_plan_asks_whom_it_means(target: tuple[TargetKind, ...], ids: list[int]) -> None:
    async def run() -> list[int]:
        world = World()
        await world.fill()
        return await world.asked(*target)

    assert asyncio.run(run()) == ids


def test_a_bus_is_asked_in_the_order_of_its_route_and_others_after_it() -> None:
    async def run() -> tuple[list[int], list[int]]:
        world = World()
        await world.fill()
        stops = tuple(RouteStop(f"UP-{n}") for n in (4, 1, 3))
        await world.routes.add([Route("Bus", RouteKind.BUS, stops, line_url=URL)])
        return await world.asked(TargetKind.EVERYBODY), await world.asked(TargetKind.ROUTE, "Bus")

    assert asyncio.run(run()) == ([4, 1, 3, 2], [4, 1, 3])


def test_a_route_out_of_its_dates_asks_nobody() -> None:
    async def run() -> list[int]:
        world = World()
        await world.fill()
        walk = await world.routes.route("Walk")
        await world.routes.change(replace(walk, plan=RoutePlan(valid_to=NOW.date())))
        return await world.asked(TargetKind.ROUTE, "Walk")

    assert asyncio.run(run()) == []


def test_a_name_that_nobody_has_is_told_once() -> None:
    async def run() -> tuple[list[int], list[str]]:
        world = World()
        await world.fill()
        for _ in range(3):
            asked = await world.asked(TargetKind.TRANSFORMER, "T", "T9")
        return asked, [one.detail for one in await world.events.recent(9) if one.kind is EventKind.PLAN_BEHIND]

    asked, told = asyncio.run(run())
    assert asked == [1, 2, 3] and told == ["p: no transformer 'T9'"]


def test_who_asked_for_another_date_is_left_out_that_day() -> None:
    async def run() -> list[int]:
        world = World()
        await world.fill()
        special = SpecialRead("UP-2", NOW, SpecialReason.CUSTOMER_REQUEST, "clerk", NOW)
        await world.special.add(replace(special, instead_of_plan="p", instead_of_day=NOW.date()))
        return await world.asked(TargetKind.EVERYBODY)

    assert asyncio.run(run()) == [1, 3, 4]
