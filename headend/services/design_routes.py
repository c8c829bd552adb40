"""Design of routes: what a route takes as it is, what it would take at best, and its changes, each told. Reads none.

A proposal changes nothing; it is kept when a person keeps it. `figures` and `propose` compute for seconds with many
stops: whoever serves others meanwhile calls them in a thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from headend.domain.errors import ConfigError, UnknownRoute
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import MeterInstallation
from headend.domain.routes import Route, RouteKind, RoutePlan, RouteStop, reordered
from headend.ports import Clock, EventLog, MeterRegistry, Routes
from headend.rules.routing.bus_order import BusCosts, BusMeter, best_bus_order, least_seconds, seconds_on_the_wire
from headend.rules.routing.walks import Share, as_walked, shared_out

EXCHANGE_MINUTES = 0.3 / 60  # of a meter whose time nobody has measured


@dataclass(frozen=True, slots=True)
class BusFigures:
    """Seconds on the wire for one pass, and what no order can undercut; dead meters count with their time-outs."""

    seconds: float
    least_seconds: float
    dead: frozenset[str]

    @property
    def gap_percent(self) -> float:
        """How far above."""
        return 100 * (self.seconds / self.least_seconds - 1) if self.least_seconds else 0.0


@dataclass(frozen=True, slots=True)
class WalkFigures:
    """What each reader does; `unassigned` stops have nobody, `too_long` readers do not finish in the window."""

    shares: tuple[Share, ...]
    unassigned: int
    window_minutes: int

    @property
    def too_long(self) -> tuple[str, ...]:
        """Who does not finish."""
        return tuple(share.reader for share in self.shares if share.minutes > self.window_minutes)

    @property
    def readers_needed(self) -> int:
        """How many readers would be enough if the work could be shared perfectly; more may be needed."""
        return max(1, math.ceil(sum(share.minutes for share in self.shares) / self.window_minutes))

    @property
    def metres(self) -> float:
        """All walks together."""
        return sum(share.metres for share in self.shares)

    @property
    def gap_percent(self) -> float:
        """How much longer all walks are than what the same shares could not undercut."""
        bound = sum(share.bound_metres for share in self.shares)
        return 100 * (self.metres / bound - 1) if bound else 0.0

    @property
    def longest_minutes(self) -> float:
        """The longest day."""
        return max((share.minutes for share in self.shares), default=0.0)


Figures = BusFigures | WalkFigures
Meters = Mapping[str, MeterInstallation]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A better route, and what both take."""

    route: Route
    before: Figures
    after: Figures


class DesignRoutes:
    """Shows, proposes, changes and removes routes."""

    def __init__(
        self,
        routes: Routes,
        registry: MeterRegistry,
        silent: Callable[[], frozenset[int]],
        *,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._routes, self._registry, self._silent = routes, registry, silent
        self._clock, self._events = clock, events

    async def all(self) -> Sequence[Route]:
        """Every route, by name."""
        return await self._routes.all()

    async def route(self, name: str) -> Route:
        """One; UnknownRoute."""
        return await self._routes.route(name)

    async def numbered(self, route_id: int) -> Route:
        """One by its number; UnknownRoute."""
        for route in await self._routes.all():
            if route.id == route_id:
                return route
        raise UnknownRoute(f"no route number {route_id}")

    async def meters(self) -> Meters:
        """The installed meters by usage point: what figures of a bus need."""
        return {one.usage_point.name: one for one in await self._registry.installations()}

    def figures(self, route: Route, meters: Meters) -> Figures:
        """What the route takes as it is."""
        if route.kind is RouteKind.WALK:
            return _walk_figures(route, as_walked(route.stops, route.readers))
        return _bus_figures(self._bus(route, meters))

    def propose(self, route: Route, meters: Meters) -> Proposal:
        """The best route known with the same stops and readers; what cannot be made shorter stays as it is."""
        before = self.figures(route, meters)
        if route.kind is RouteKind.BUS:
            bus = best_bus_order(self._bus(route, meters), BusCosts())
            better = replace(route, stops=reordered(route.stops, [meter.name for meter in bus]))
            return Proposal(better, before, _bus_figures(bus))
        shares = shared_out(route.stops, route.readers)
        better = replace(route, stops=tuple(stop for share in shares for stop in share.stops))
        return Proposal(better, before, _walk_figures(better, shares))

    async def arrange(self, name: str, stops: Sequence[tuple[str, str]], *, version: int, by: str) -> Route:
        """Keep an order, with who goes to each stop; Conflict when the route was changed since `version`."""
        route = await self._routes.route(name)
        try:
            ordered = reordered(route.stops, [stop for stop, _ in stops])
            walked = tuple(replace(stop, reader=reader) for stop, (_, reader) in zip(ordered, stops, strict=True))
            changed = replace(route, stops=walked, version=version)
        except ValueError as error:
            raise ConfigError(str(error), key="stops", remedy="name every stop of the route once") from error
        return await self._keep(changed, f"order kept by {by}")

    async def plan(self, name: str, plan: RoutePlan, readers: Sequence[str], *, version: int, by: str) -> Route:
        """Keep window, dates, responsible person and readers; stops of readers who left belong to nobody."""
        route = await self._routes.route(name)
        stops = tuple(stop if stop.reader in readers else replace(stop, reader="") for stop in route.stops)
        try:
            changed = replace(route, plan=plan, readers=tuple(readers), stops=stops, version=version)
        except ValueError as error:
            raise ConfigError(str(error), key="readers", remedy="see docs/plans-and-routes.md") from error
        return await self._keep(changed, f"plan kept by {by}")

    async def remove(self, name: str, by: str) -> None:
        """Forget a route; UnknownRoute."""
        await self._routes.remove(name)
        await self._tell(f"{name}: removed by {by}")

    async def _keep(self, route: Route, what: str) -> Route:
        kept = await self._routes.change(route)
        await self._tell(f"{route.name}: {what}")
        return kept

    async def _tell(self, detail: str) -> None:
        await self._events.record(EndDeviceEvent(EventKind.ROUTE_CHANGED, self._clock.now(), detail))

    def _bus(self, route: Route, meters: Meters) -> list[BusMeter]:
        silent = self._silent()
        return [_bus_meter(stop, meters.get(stop.name), silent) for stop in route.stops]


def _bus_meter(stop: RouteStop, installation: MeterInstallation | None, silent: frozenset[int]) -> BusMeter:
    """A usage point without a meter is as dead as a silent one."""
    return BusMeter(
        stop.name,
        60 * (stop.minutes or EXCHANGE_MINUTES),
        "" if installation is None else installation.meter.protocol,
        stop.rate,
        is_dead=installation is None or installation.id in silent,
    )


def _bus_figures(meters: Sequence[BusMeter]) -> BusFigures:
    costs = BusCosts()
    dead = frozenset(meter.name for meter in meters if meter.is_dead)
    return BusFigures(seconds_on_the_wire(meters, costs), least_seconds(meters, costs), dead)


def _walk_figures(route: Route, shares: tuple[Share, ...]) -> WalkFigures:
    unassigned = sum(not stop.reader for stop in route.stops)
    return WalkFigures(shares, unassigned, route.plan.minutes)
