"""Import a route's stops from a CSV text: every wrong cell with its line and column, then the whole route or nothing.

A bus has the column `usage_point` and, where they are known, `exchange_s` and `rate`. A walk has `place` with `x_m`
and `y_m`, or with `latitude` and `longitude`, and, where they are known, `minutes` and `reader`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from headend.domain.errors import ConfigError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import MeterInstallation
from headend.domain.routes import MOST_STOPS, Place, Route, RouteKind, RoutePlan, RouteStop
from headend.ports import Clock, EventLog, MeterRegistry, Routes
from headend.services.csv_rows import read_rows, refuse_if
from headend.services.import_row import ImportRow

BUS_COLUMNS, BUS_MORE = ("usage_point",), ("exchange_s", "rate")
METRES, DEGREES, WALK_MORE = ("x_m", "y_m"), ("latitude", "longitude"), ("minutes", "reader")
METRES_PER_DEGREE = 6_371_008.8 * math.pi / 180  # of the mean earth
FARTHEST_M = 1e6  # a walk whose places are farther apart has a wrong cell
MOST = {"latitude": 90.0, "longitude": 180.0, "minutes": 600.0, "exchange_s": 600.0, "rate": 115_200.0}


@dataclass(frozen=True, slots=True)
class RouteOrder:
    """The route that the stops are for."""

    name: str
    kind: RouteKind
    readers: tuple[str, ...] = ()
    plan: RoutePlan = field(default_factory=RoutePlan)


@dataclass(frozen=True, slots=True)
class _Found:
    line: int
    name: str
    x: float = 0.0
    y: float = 0.0
    minutes: float = 0.0
    reader: str = ""
    rate: int = 0


class ImportRoutes:
    """Makes a route of a file."""

    def __init__(self, routes: Routes, registry: MeterRegistry, *, clock: Clock, events: EventLog) -> None:
        self._routes, self._registry = routes, registry
        self._clock, self._events = clock, events

    async def run(self, order: RouteOrder, text: str, file: str) -> Route:
        """The new route; ImportRefused names every wrong cell, Conflict a route of that name."""
        is_bus = order.kind is RouteKind.BUS
        found, errors = _bus(text, file) if is_bus else _walk(text, file, order.readers)
        errors += _doubles(found, file)
        url = ""
        if is_bus:
            meters = {one.usage_point.name: one for one in await self._registry.installations()}
            url, wrong = _line_of(found, meters, file)
            errors += wrong
        refuse_if(errors)
        route = _route(order, found, url, file)
        await self._routes.add([route])
        detail = f"{route.name}: {len(route.stops)} stops from {file}"
        await self._events.record(EndDeviceEvent(EventKind.ROUTE_CHANGED, self._clock.now(), detail))
        return route


def _bus(text: str, file: str) -> tuple[list[_Found], list[ConfigError]]:
    found: list[_Found] = []

    def read(row: ImportRow) -> None:
        name = row.required("usage_point")
        exchange_s, rate = _number(row, "exchange_s", least=0.0), _number(row, "rate", least=0.0)
        if not row.is_wrong:
            found.append(_Found(row.line, name, minutes=exchange_s / 60, rate=round(rate)))

    return found, read_rows(text, file, BUS_COLUMNS, read, optional=BUS_MORE)


def _walk(text: str, file: str, readers: Sequence[str]) -> tuple[list[_Found], list[ConfigError]]:
    found: list[_Found] = []
    header = text.removeprefix("\ufeff").partition("\n")[0]
    axes = DEGREES if DEGREES[0] in header else METRES

    def read(row: ImportRow) -> None:
        name, reader = row.required("place"), row.cell("reader")
        first, second = (_number(row, axis, least=-MOST.get(axis, FARTHEST_M), is_needed=True) for axis in axes)
        minutes = _number(row, "minutes", least=0.0)
        if reader and reader not in readers:
            row.wrong("reader", f"{reader!r} is no reader of this route", f"write one of {', '.join(readers)}")
        if not row.is_wrong:
            x, y = (second, first) if axes == DEGREES else (first, second)
            found.append(_Found(row.line, name, x, y, minutes, reader))

    errors = read_rows(text, file, ("place", *axes), read, optional=WALK_MORE)
    return (_in_metres(found) if axes == DEGREES else found), errors


def _number(row: ImportRow, column: str, *, least: float, is_needed: object = False) -> float:
    text = row.required(column) if is_needed else row.cell(column)
    if not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    most = MOST.get(column, FARTHEST_M)
    if not least <= value <= most:
        row.wrong(column, f"{text!r} is no number from {least:g} to {most:g}", "write a decimal number with a point")
        return 0.0
    return value


def _in_metres(found: Sequence[_Found]) -> list[_Found]:
    """Metres from the first place; the earth is flat enough where somebody walks."""
    if not found:
        return []
    first = found[0]
    east = METRES_PER_DEGREE * math.cos(math.radians(first.y))
    return [
        _Found(
            one.line,
            one.name,
            ((one.x - first.x + 180) % 360 - 180) * east,
            (one.y - first.y) * METRES_PER_DEGREE,
            one.minutes,
            one.reader,
        )
        for one in found
    ]


def _doubles(found: Sequence[_Found], file: str) -> list[ConfigError]:
    first: dict[str, int] = {}
    errors = []
    for one in found:
        before = first.setdefault(one.name, one.line)
        if before != one.line:
            problem = f"{one.name!r} stands in line {before} too"
            errors.append(ConfigError(problem, file=file, line=one.line, key="name", remedy="keep one of the two"))
    if len(found) > MOST_STOPS:
        problem = f"{len(found)} stops are too many for one route"
        errors.append(ConfigError(problem, file=file, remedy=f"make routes of at most {MOST_STOPS} stops"))
    return errors


def _line_of(found: Sequence[_Found], meters: dict[str, MeterInstallation], file: str) -> tuple[str, list[ConfigError]]:
    """The one line that all usage points are on."""
    url, errors = "", []
    for one in found:
        installation = meters.get(one.name)
        problem, remedy = f"there is no meter at usage point {one.name!r}", "import its meter first"
        if installation is not None:
            url = url or installation.meter.line.url
            if installation.meter.line.url == url:
                continue
            problem, remedy = "is on another line than the first usage point", "make a route for each line"
        errors.append(ConfigError(problem, file=file, line=one.line, key="usage_point", remedy=remedy))
    return url, errors


def _route(order: RouteOrder, found: Sequence[_Found], url: str, file: str) -> Route:
    is_walk = order.kind is RouteKind.WALK
    stops = [
        RouteStop(one.name, Place(one.x, one.y) if is_walk else None, one.minutes, one.reader, one.rate)
        for one in found
    ]
    try:
        return Route(order.name, order.kind, tuple(stops), order.plan, line_url=url, readers=order.readers)
    except ValueError as error:
        raise ConfigError(str(error), file=file, remedy="see docs/plans-and-routes.md") from error
