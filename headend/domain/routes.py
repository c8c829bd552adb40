"""Reading routes: a bus whose meters are asked in an order, or a walk past meter boxes shared out between readers.

A route is kept whole: its stops in their order, when it may be read, who answers for it. Optimises nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

MOST_STOPS, MOST_READERS = 2_000, 50


class RouteKind(StrEnum):
    """How a route is read: over a line, or on foot."""

    BUS = "bus"
    WALK = "walk"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stop is, in metres east and north of the route's first stop."""

    x_m: float
    y_m: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.x_m) and math.isfinite(self.y_m)):
            raise ValueError("a place has finite coordinates")

    def metres_to(self, other: Place) -> float:
        """As the crow flies."""
        return math.hypot(self.x_m - other.x_m, self.y_m - other.y_m)


@dataclass(frozen=True, slots=True)
class RouteStop:
    """A usage point on a bus, or a place of a walk with who goes there; `minutes` is how long reading there takes.

    `rate` is what the meter is asked at after an agreement (17H), in bit/s; 0 is the line's own.
    """

    name: str
    place: Place | None = None
    minutes: float = 0.0
    reader: str = ""
    rate: int = 0

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a stop has a name")
        if not 0 <= self.minutes <= 600:
            raise ValueError("reading at a stop takes 0 to 600 minutes")
        if not 0 <= self.rate <= 115_200:
            raise ValueError("a rate is 0 to 115200 bit/s")


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """When and by whom a route is read: local times [start, end) of a day, from `valid_from` until `valid_to`."""

    responsible: str = ""
    window_start: time = time(8)
    window_end: time = time(18)
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.window_start >= self.window_end:
            raise ValueError("the window ends after it starts, on the same day")
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("a route is valid until a day after the first")

    @property
    def minutes(self) -> int:
        """How long the window is."""
        return 60 * (self.window_end.hour - self.window_start.hour) + self.window_end.minute - self.window_start.minute

    def holds_on(self, day: date) -> bool:
        """The route is read on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Route:
    """`line_url` is of a bus, `readers` and places are of a walk; `version` counts its changes."""

    name: str
    kind: RouteKind
    stops: tuple[RouteStop, ...]
    plan: RoutePlan = field(default_factory=RoutePlan)
    line_url: str = ""
    readers: tuple[str, ...] = ()
    version: int = 1
    id: int = 0

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a route has a name")
        if not 0 < len(self.stops) <= MOST_STOPS:
            raise ValueError(f"a route has 1 to {MOST_STOPS} stops")
        if len({stop.name for stop in self.stops}) != len(self.stops):
            raise ValueError("a stop stands once in a route")
        if self.kind is RouteKind.BUS:
            self._check_bus()
        else:
            self._check_walk()

    def _check_bus(self) -> None:
        if not self.line_url:
            raise ValueError("a bus route has a line")
        if self.readers or any(stop.reader for stop in self.stops):
            raise ValueError("nobody walks along a bus route")

    def _check_walk(self) -> None:
        if self.line_url:
            raise ValueError("a walk has no line")
        if not 1 <= len(set(self.readers)) == len(self.readers) <= MOST_READERS:
            raise ValueError(f"a walk has 1 to {MOST_READERS} readers, each named once")
        if any(stop.place is None for stop in self.stops):
            raise ValueError("every stop of a walk has a place")
        unknown = {stop.reader for stop in self.stops} - {*self.readers, ""}
        if unknown:
            raise ValueError(f"{min(unknown)!r} goes to a stop and is no reader of this walk")

    def of_reader(self, reader: str) -> tuple[RouteStop, ...]:
        """The stops of one reader, in their order."""
        return tuple(stop for stop in self.stops if stop.reader == reader)


def reordered(stops: Sequence[RouteStop], names: Sequence[str]) -> tuple[RouteStop, ...]:
    """The same stops in the order of `names`; ValueError when a name is missing, unknown or there twice."""
    by_name = {stop.name: stop for stop in stops}
    if len(names) != len(by_name) or set(names) != set(by_name):
        raise ValueError("an order names each stop of the route once")
    return tuple(by_name[name] for name in names)
