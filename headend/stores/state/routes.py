"""Port Routes: reading routes with their stops and readers. A route is always written and read whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownRoute
from headend.domain.routes import Place, Route, RouteKind, RoutePlan, RouteStop
from headend.stores.state.columns import by_code_point
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_plans import RouteReaderRow, RouteRow, RouteStopRow


class SqlRoutes:
    """Routes by name."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def all(self) -> Sequence[Route]:
        """Every route with its stops, by name."""
        query = select(RouteRow).order_by(by_code_point(RouteRow.name))
        return await self._database.read(lambda session: [_route(row) for row in session.scalars(query)])

    async def route(self, name: str) -> Route:
        """One; UnknownRoute if there is none."""
        return await self._database.read(lambda session: _route(_of(session, name)))

    async def add(self, routes: Sequence[Route]) -> None:
        """Keep all or none; Conflict names the first that is there already."""

        def keep(session: Session) -> None:
            for route in routes:
                if session.scalar(select(RouteRow.id).where(RouteRow.name == route.name)) is not None:
                    raise Conflict(f"there is a route {route.name!r} already")
                row = RouteRow(name=route.name)
                _write(row, route)
                session.add(row)
                session.flush()

        await self._database.write(keep)

    async def change(self, route: Route) -> Route:
        """Keep it in place of its version before; Conflict when somebody changed it meanwhile, UnknownRoute."""

        def keep(session: Session) -> Route:
            row = _of(session, route.name)
            if row.version != route.version:
                raise Conflict(f"somebody else changed the route {route.name!r} meanwhile; look at it again")
            row.stops, row.readers = [], []
            session.flush()
            _write(row, replace(route, version=route.version + 1))
            session.flush()
            return _route(row)

        return await self._database.write(keep)

    async def remove(self, name: str) -> None:
        """Forget it; UnknownRoute."""
        await self._database.write(lambda session: session.delete(_of(session, name)))

    async def bus_orders(self) -> Mapping[str, Mapping[str, int]]:
        """For each line with a bus route the position of its usage points."""
        query = (
            select(RouteRow.line_url, RouteStopRow.name, RouteStopRow.position)
            .join(RouteStopRow, RouteStopRow.route_id == RouteRow.id)
            .where(RouteRow.kind == RouteKind.BUS.value)
        )

        def find(session: Session) -> dict[str, dict[str, int]]:
            orders: dict[str, dict[str, int]] = {}
            for url, name, position in session.execute(query):
                orders.setdefault(url, {})[name] = position
            return orders

        return await self._database.read(find)


def _of(session: Session, name: str) -> RouteRow:
    row = session.scalar(select(RouteRow).where(RouteRow.name == name))
    if row is None:
        raise UnknownRoute(f"no route {name!r}")
    return row


def _write(row: RouteRow, route: Route) -> None:
    plan = route.plan
    row.kind, row.line_url, row.version = route.kind.value, route.line_url, route.version
    row.responsible = plan.responsible
    row.window_start, row.window_end = f"{plan.window_start:%H:%M}", f"{plan.window_end:%H:%M}"
    row.valid_from, row.valid_to = _text(plan.valid_from), _text(plan.valid_to)
    row.stops = [_stop_row(position, stop) for position, stop in enumerate(route.stops)]
    row.readers = [RouteReaderRow(position=position, name=name) for position, name in enumerate(route.readers)]


def _stop_row(position: int, stop: RouteStop) -> RouteStopRow:
    x_m, y_m = (None, None) if stop.place is None else (stop.place.x_m, stop.place.y_m)
    return RouteStopRow(
        position=position,
        name=stop.name,
        x_m=x_m,
        y_m=y_m,
        minutes=stop.minutes,
        reader=stop.reader,
        rate=stop.rate,
    )


def _route(row: RouteRow) -> Route:
    return Route(
        name=row.name,
        kind=RouteKind(row.kind),
        stops=tuple(_stop(stop) for stop in row.stops),
        plan=RoutePlan(
            row.responsible,
            time.fromisoformat(row.window_start),
            time.fromisoformat(row.window_end),
            _day(row.valid_from),
            _day(row.valid_to),
        ),
        line_url=row.line_url,
        readers=tuple(reader.name for reader in row.readers),
        version=row.version,
        id=row.id,
    )


def _stop(row: RouteStopRow) -> RouteStop:
    place = None if row.x_m is None or row.y_m is None else Place(row.x_m, row.y_m)
    return RouteStop(row.name, place, row.minutes, row.reader, row.rate)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
