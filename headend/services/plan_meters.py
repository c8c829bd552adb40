"""Port PlanMeters: whom a plan means, of those that are polled, a bus in the order of its route. Asks none of them.

A name that nobody has is told once as an event; the plan goes on with the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from headend.domain.errors import UnknownNode, UnknownRoute
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import MeterInstallation
from headend.domain.plans import Plan, TargetKind
from headend.domain.routes import Route, RouteKind
from headend.domain.topology import NodeKind
from headend.ports import Clock, EventLog, Roster, Routes, SpecialReads, Topology

Chosen = Callable[[MeterInstallation], bool]


class PlanMeters:
    """Whom a plan asks, and in which order."""

    def __init__(
        self,
        roster: Roster,
        topology: Topology,
        routes: Routes,
        special: SpecialReads,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._roster, self._topology, self._routes, self._special = roster, topology, routes, special
        self._zone, self._clock, self._events = zone, clock, events
        self._told: set[tuple[str, str]] = set()

    async def of(self, plan: Plan) -> Sequence[MeterInstallation]:
        """See PlanMeters."""
        now = self._clock.now()
        is_chosen = await self._chosen(plan, now)
        spared = await self._special.instead_of(plan.name, now.astimezone(self._zone).date())
        polled = [
            one for one in await self._roster.installations() if is_chosen(one) and one.usage_point.name not in spared
        ]
        orders = await self._routes.bus_orders()
        if not orders:
            return polled

        def place(one: MeterInstallation) -> tuple[int, int]:
            """Those that stand in no route come after those that do."""
            order = orders.get(one.meter.line.url, {})
            return order.get(one.usage_point.name, len(order)), one.id

        return sorted(polled, key=place)

    async def _chosen(self, plan: Plan, now: datetime) -> Chosen:
        kind, names = plan.target.kind, frozenset(plan.target.names)
        if kind is TargetKind.EVERYBODY:
            return lambda one: True
        if kind is TargetKind.CUSTOMER_CLASS:
            return lambda one: one.usage_point.customer_class in names
        if kind is TargetKind.METERS:
            return lambda one: one.meter.serial_number in names
        if kind is TargetKind.TRANSFORMER:
            points = await self._fed_by(plan, NodeKind.TRANSFORMER, plan.target.names, now)
            return lambda one: one.usage_point.id in points
        return await self._on_routes(plan, now)

    async def _fed_by(self, plan: Plan, kind: NodeKind, names: Sequence[str], now: datetime) -> frozenset[int]:
        found: set[int] = set()
        for name in names:
            try:
                node = await self._topology.node(kind, name)
            except UnknownNode as unknown:
                await self._tell(plan, name, str(unknown), now)
            else:
                found.update((await self._topology.members(node.id, now)).tolist())
        return frozenset(found)

    async def _on_routes(self, plan: Plan, now: datetime) -> Chosen:
        """Of a bus its usage points; of a walk those that its meter boxes feed. A route that is not valid has none."""
        points: set[str] = set()
        boxes: list[str] = []
        for name in plan.target.names:
            route = await self._route(plan, name, now)
            if route is None or not route.plan.holds_on(now.astimezone(self._zone).date()):
                continue
            stops = [stop.name for stop in route.stops]
            points.update(stops if route.kind is RouteKind.BUS else ())
            boxes.extend(stops if route.kind is RouteKind.WALK else ())
        fed = await self._fed_by(plan, NodeKind.METER_BOX, boxes, now)
        return lambda one: one.usage_point.name in points or one.usage_point.id in fed

    async def _route(self, plan: Plan, name: str, now: datetime) -> Route | None:
        try:
            return await self._routes.route(name)
        except UnknownRoute as unknown:
            await self._tell(plan, name, str(unknown), now)
            return None

    async def _tell(self, plan: Plan, name: str, problem: str, now: datetime) -> None:
        if (plan.name, name) not in self._told:
            self._told.add((plan.name, name))
            await self._events.record(EndDeviceEvent(EventKind.PLAN_BEHIND, now, f"{plan.name}: {problem}"))
