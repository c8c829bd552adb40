"""In-memory twins of routes, special reads and plan progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from headend.domain.errors import Conflict, UnknownRoute, UnknownSpecialRead
from headend.domain.routes import Route, RouteKind
from headend.domain.special_reads import SpecialRead, SpecialState


class MemoryRoutes:
    """Port Routes."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}
        self._last_id = 0

    async def all(self) -> Sequence[Route]:
        return [self._routes[name] for name in sorted(self._routes)]

    async def route(self, name: str) -> Route:
        if name not in self._routes:
            raise UnknownRoute(f"no route {name!r}")
        return self._routes[name]

    async def add(self, routes: Sequence[Route]) -> None:
        names = {route.name for route in routes}
        if len(names) < len(routes) or names & set(self._routes):
            raise Conflict("there is such a route already")
        for route in routes:
            self._last_id += 1
            self._routes[route.name] = replace(route, id=self._last_id)

    async def change(self, route: Route) -> Route:
        kept = await self.route(route.name)
        if kept.version != route.version:
            raise Conflict(f"somebody else changed the route {route.name!r} meanwhile; look at it again")
        self._routes[route.name] = replace(route, id=kept.id, version=route.version + 1)
        return self._routes[route.name]

    async def remove(self, name: str) -> None:
        await self.route(name)
        del self._routes[name]

    async def bus_orders(self) -> Mapping[str, Mapping[str, int]]:
        orders: dict[str, dict[str, int]] = {}
        for route in self._routes.values():
            if route.kind is RouteKind.BUS:
                places = {stop.name: position for position, stop in enumerate(route.stops)}
                orders.setdefault(route.line_url, {}).update(places)
        return orders


class MemorySpecialReads:
    """Port SpecialReads."""

    def __init__(self) -> None:
        self._kept: dict[int, SpecialRead] = {}

    async def add(self, special: SpecialRead) -> SpecialRead:
        for one in self._kept.values():
            if (one.usage_point, one.due_at, one.state) == (special.usage_point, special.due_at, SpecialState.OPEN):
                raise Conflict("it is to be read then already")
        kept = replace(special, id=len(self._kept) + 1)
        self._kept[kept.id] = kept
        return kept

    async def end(self, special: SpecialRead) -> SpecialRead:
        before = await self.one(special.id)
        if before.state is not SpecialState.OPEN:
            raise Conflict(f"the special read {special.id} is {before.state} already")
        ended = replace(before, state=special.state, ended_at=special.ended_at, outcome=special.outcome)
        self._kept[special.id] = ended
        return ended

    async def one(self, special_id: int) -> SpecialRead:
        if special_id not in self._kept:
            raise UnknownSpecialRead(f"no special read {special_id}")
        return self._kept[special_id]

    async def open_until(self, until: datetime) -> Sequence[SpecialRead]:
        found = [one for one in self._kept.values() if one.state is SpecialState.OPEN and one.due_at <= until]
        return sorted(found, key=lambda one: (one.due_at, one.id))

    async def instead_of(self, plan: str, day: date) -> frozenset[str]:
        return frozenset(
            one.usage_point
            for one in self._kept.values()
            if (one.instead_of_plan, one.instead_of_day) == (plan, day) and one.state is not SpecialState.CANCELLED
        )

    async def newest(self, limit: int) -> Sequence[SpecialRead]:
        by_date = sorted(self._kept.values(), key=lambda one: (one.due_at, one.id), reverse=True)
        return sorted(by_date, key=lambda one: one.state is not SpecialState.OPEN)[:limit]
