"""The order on a bus against brute force; dead meters last; the bound never lies and is often reached."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.rules.routing.bus_order import (
    BusCosts,
    BusMeter,
    best_bus_order,
    least_seconds,
    seconds_on_the_wire,
)

COSTS = BusCosts()


@st.composite
def buses(draw: st.DrawFn) -> list[BusMeter]:
    kinds = draw(
        st.lists(
            st.tuples(st.sampled_from(["dlt645", "modbus"]), st.sampled_from([0, 9600, 19200]), st.booleans()),
            min_size=1,
            max_size=6,
        )
    )
    return [BusMeter(f"M{n}", 0.1 + n / 100, *kind) for n, kind in enumerate(kinds)]


@settings(max_examples=80, deadline=None)
@given(buses())
def test_no_order_with_the_dead_last_is_quicker(meters: list[BusMeter]) -> None:
    best = best_bus_order(meters, COSTS)
    allowed = [
        order
        for order in itertools.permutations(meters)
        if [meter.is_dead for meter in order] == sorted(meter.is_dead for meter in meters)
    ]
    quickest = min(seconds_on_the_wire(order, COSTS) for order in allowed)
    assert seconds_on_the_wire(best, COSTS) == pytest.approx(quickest)
    assert sorted(meter.name for meter in best) == sorted(meter.name for meter in meters)
    assert least_seconds(meters, COSTS) <= quickest + 1e-9


def test_a_mixed_bus_becomes_as_quick_as_it_can_be() -> None:
    chance = Random(3)
    meters = [BusMeter(f"M{n}", 0.3, chance.choice(["dlt645", "modbus"]), chance.choice([0, 9600])) for n in range(64)]
    best, naive = best_bus_order(meters, COSTS), seconds_on_the_wire(meters, COSTS)
    assert seconds_on_the_wire(best, COSTS) < 0.6 * naive
    assert seconds_on_the_wire(best, COSTS) < 1.01 * least_seconds(meters, COSTS)


def test_many_voices_are_still_grouped() -> None:
    meters = [BusMeter(f"M{n}", 0.3, "dlt645", 1200 * (n % 14)) for n in range(140)]
    best = best_bus_order(meters, COSTS)
    changes = sum(a.rate != b.rate for a, b in itertools.pairwise(best))
    assert changes == 13 and len(best) == 140


def test_equal_meters_stay_as_they_stood() -> None:
    meters = [BusMeter(f"M{n}", 0.3, "dlt645", is_dead=n % 3 == 0) for n in range(9)]
    assert [meter.name for meter in best_bus_order(meters, COSTS)] == [f"M{n}" for n in (1, 2, 4, 5, 7, 8, 0, 3, 6)]


def test_no_meters_take_no_time() -> None:
    assert best_bus_order([], COSTS) == () and seconds_on_the_wire([], COSTS) == least_seconds([], COSTS) == 0.0
