"""Walks shared out: every stop once, days of equal length, nobody idle, the gap told."""

from __future__ import annotations

from random import Random

import pytest

from headend.domain.routes import Place, RouteStop
from headend.rules.routing.walks import as_walked, shared_out


def stops_of(count: int, seed: int = 2) -> list[RouteStop]:
    chance = Random(seed)
    return [
        RouteStop(f"B{n}", Place(chance.uniform(0, 3000), chance.uniform(0, 3000)), chance.choice([1.0, 2.0, 5.0]))
        for n in range(count)
    ]


@pytest.mark.parametrize(("count", "readers"), [(200, 4), (61, 3), (5, 5), (1, 1), (3, 5)])
def test_every_stop_is_walked_to_once(count: int, readers: int) -> None:
    stops = stops_of(count)
    shares = shared_out(stops, [f"R{n}" for n in range(readers)])
    assert sorted(stop.name for share in shares for stop in share.stops) == sorted(stop.name for stop in stops)
    assert all(stop.reader == share.reader for share in shares for stop in share.stops)
    assert sum(not share.stops for share in shares) == max(0, readers - count)


@pytest.mark.parametrize(("count", "readers"), [(200, 4), (400, 8)])
def test_days_are_of_equal_length(count: int, readers: int) -> None:
    minutes = [share.minutes for share in shared_out(stops_of(count), [f"R{n}" for n in range(readers)])]
    assert max(minutes) < 1.06 * sum(minutes) / readers


def test_sharing_in_turn_is_far_worse() -> None:
    stops = [RouteStop(s.name, s.place, s.minutes, f"R{n % 4}") for n, s in enumerate(stops_of(200))]
    naive, better = as_walked(stops, ["R0", "R1", "R2", "R3"]), shared_out(stops, ["R0", "R1", "R2", "R3"])
    assert max(share.minutes for share in naive) > 3 * max(share.minutes for share in better)
    assert all(share.gap_percent > 100 for share in naive)
    assert all(share.gap_percent < 12 for share in better)
