"""Routes from files: metres and degrees, buses on one line; every wrong cell is named and nothing is half done."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from headend.domain.errors import ConfigError, Conflict, ImportRefused
from headend.domain.routes import Route, RouteKind
from headend.services.import_routes import RouteOrder
from tests.fakes.api_services import Site
from tests.fakes.meters import registration

WALK, BUS = RouteOrder("Old town", RouteKind.WALK, ("Wang", "Li")), RouteOrder("Bus", RouteKind.BUS)


def site() -> Site:
    made = Site()
    rows = [registration(n, line_url="tcp://a:1" if n < 3 else "tcp://b:1") for n in (1, 2, 3)]
    asyncio.run(made.registry.register(rows))
    return made


def imported(order: RouteOrder, text: str, made: Site | None = None) -> Route:
    return asyncio.run((made or site()).services.import_routes.run(order, text, "r.csv"))


def test_a_walk_in_metres() -> None:
    route = imported(WALK, "place,x_m,y_m,minutes,reader\nA,0,-7.5,2,Wang\nB,10,20,,\n")
    assert [(s.name, s.place and s.place.y_m, s.minutes, s.reader) for s in route.stops] == [
        ("A", -7.5, 2.0, "Wang"),
        ("B", 20.0, 0.0, ""),
    ]


def test_a_walk_in_degrees_becomes_metres_from_its_first_place() -> None:
    route = imported(WALK, "place,latitude,longitude\nA,60,30\nB,60.001,30.002\n")
    first, second = (stop.place for stop in route.stops)
    assert first and second and (first.x_m, first.y_m) == (0.0, 0.0)
    assert second.y_m == pytest.approx(111.19, abs=0.01) and second.x_m == pytest.approx(111.19, abs=0.02)


def test_degrees_over_the_date_line_stay_near() -> None:
    route = imported(WALK, "place,latitude,longitude\nA,0,179.999\nB,0,-179.999\n")
    assert route.stops[1].place and route.stops[1].place.x_m == pytest.approx(222.39, abs=0.01)


def test_a_bus_takes_its_line_from_its_meters() -> None:
    route = imported(BUS, "usage_point,exchange_s,rate\nUP-0002,0.3,9600\nUP-0001,,\n")
    assert route.line_url == "tcp://a:1"
    assert [(stop.name, stop.minutes * 60, stop.rate) for stop in route.stops] == [
        ("UP-0002", 0.3, 9600),
        ("UP-0001", 0, 0),
    ]


@pytest.mark.parametrize(
    ("order", "text", "start", "words"),
    [
        (WALK, "place,x_m,y_m\nA,1,b\n", "r.csv:2 y_m", "no number"),
        (WALK, "place,x_m,y_m\nA,nan,1\n", "r.csv:2 x_m", "no number"),
        (WALK, "place,x_m,y_m\n,1,1\n", "r.csv:2 place", "is empty"),
        (WALK, "place,x_m,y_m\nA,1,1\nA,2,2\n", "r.csv:3 name", "line 2"),
        (WALK, "place,x_m,y_m,reader\nA,1,1,Zhao\n", "r.csv:2 reader", "Wang, Li"),
        (WALK, "place,x_m,y_m,minutes\nA,1,1,-1\n", "r.csv:2 minutes", "0 to 600"),
        (WALK, "place,latitude,longitude\nA,91,1\n", "r.csv:2 latitude", "-90 to 90"),
        (WALK, "place,x\nA,1\n", "r.csv:1", "place,x_m,y_m"),
        (WALK, "place,x_m,y_m\n", "r.csv", "no rows"),
        (BUS, "usage_point\nUP-0001\nUP-0009\n", "r.csv:3 usage_point", "import its meter"),
        (BUS, "usage_point\nUP-0001\nUP-0003\n", "r.csv:3 usage_point", "route for each line"),
        (replace(WALK, readers=()), "place,x_m,y_m\nA,1,1\n", "r.csv", "1 to 50 readers"),
    ],
)
def test_a_wrong_file_is_refused_whole(order: RouteOrder, text: str, start: str, words: str) -> None:
    made = site()
    with pytest.raises(ConfigError) as caught:
        imported(order, text, made)
    assert str(caught.value).startswith(start) and words in str(caught.value)
    assert asyncio.run(made.routes.all()) == []


def test_all_wrong_cells_are_told_at_once() -> None:
    with pytest.raises(ImportRefused) as caught:
        imported(WALK, "place,x_m,y_m\nA,x,y\n,1,1\n")
    assert len(caught.value.errors) == 3


def test_a_name_is_taken_once() -> None:
    made, text = site(), "place,x_m,y_m\nA,1,1\n"
    imported(WALK, text, made)
    with pytest.raises(Conflict):
        imported(WALK, text, made)
