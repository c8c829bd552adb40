"""Walks against brute force, and against a bound at the sizes that people have; the bound never lies."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.domain.routes import Place
from headend.rules.routing.tour import length_of, shortest_tour
from headend.rules.routing.tour_bound import tour_bound

coordinates = st.integers(-3000, 3000).map(float)
small = st.lists(st.builds(Place, coordinates, coordinates), min_size=1, max_size=7)


def scattered(count: int, seed: int) -> list[Place]:
    chance = Random(seed)
    return [Place(chance.uniform(0, 5000), chance.uniform(0, 5000)) for _ in range(count)]


def shortest_of_all(places: list[Place]) -> float:
    others = range(1, len(places))
    return min(length_of(places, (0, *order)) for order in itertools.permutations(others))


@settings(max_examples=60, deadline=None)
@given(small)
def test_few_places_are_walked_as_short_as_can_be_and_the_bound_holds(places: list[Place]) -> None:
    tour, best = shortest_tour(places), shortest_of_all(places)
    assert sorted(tour.order) == list(range(len(places)))
    assert tour.metres == pytest.approx(best, rel=0.02, abs=1e-6)
    assert tour_bound(places, tour.metres) <= best * (1 + 1e-9) + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_eight_places_are_walked_as_brute_force_would(seed: int) -> None:
    places = scattered(8, seed)
    assert shortest_tour(places).metres == pytest.approx(shortest_of_all(places))


@pytest.mark.parametrize(("count", "seed", "most_percent"), [(200, 1, 4.0), (200, 2, 4.0), (1000, 1, 4.0)])
def test_many_places_come_near_the_bound(count: int, seed: int, most_percent: float) -> None:
    places = scattered(count, seed)
    tour = shortest_tour(places)
    assert sorted(tour.order) == list(range(count)) and tour.order[0] == 0
    gap = 100 * (tour.metres / tour_bound(places, tour.metres) - 1)
    assert 0 <= gap < most_percent


def test_a_bad_order_is_seen_as_bad() -> None:
    places = scattered(200, 1)
    naive = length_of(places, range(200))
    assert naive > 5 * tour_bound(places, naive)


def test_the_same_places_give_the_same_tour() -> None:
    places = scattered(120, 7)
    assert shortest_tour(places) == shortest_tour(places)


def test_places_on_top_of_each_other_are_no_trouble() -> None:
    places = [Place(1.0, 1.0)] * 12 + [Place(5.0, 1.0)] * 3
    assert shortest_tour(places).metres == pytest.approx(8.0)
