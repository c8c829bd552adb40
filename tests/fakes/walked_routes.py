"""A bus and a walk for tests that look at routes: the walk in a bad order, some stops without a reader."""

from __future__ import annotations

from random import Random

from headend.domain.routes import Place, Route, RouteKind, RoutePlan, RouteStop
from tests.fakes.api_services import Site

READERS = ("Wang Fang", "Zhang Wei", "Li Na")


def walk(stops: int = 60, seed: int = 645) -> Route:
    """Boxes scattered over a town quarter, dealt out in turn."""
    chance = Random(seed)
    found = [
        RouteStop(
            f"BOX-{number:03}",
            Place(round(chance.uniform(0, 1200), 1), round(chance.uniform(0, 700), 1)),
            chance.choice([1.0, 2.0, 4.0]),
            READERS[number % 3] if number % 20 else "",
        )
        for number in range(stops)
    ]
    return Route("Old town", RouteKind.WALK, tuple(found), RoutePlan("Chen Jie"), readers=READERS)


async def add_routes(site: Site) -> None:
    """The walk, and a bus of the first line's meters with every other one at a faster rate."""
    everyone = await site.registry.installations()
    url = everyone[0].meter.line.url
    names = [one.usage_point.name for one in everyone if one.meter.line.url == url]
    stops = tuple(RouteStop(name, minutes=0.01, rate=9600 * (at % 2)) for at, name in enumerate(names))
    bus = Route("Bus of the first line", RouteKind.BUS, stops, RoutePlan("Chen Jie"), line_url=url)
    await site.routes.add([walk(), bus])
