"""Meters that share a load differ in measure alone; their registers stay exact and never go back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulators import FleetPlan, build_fleet
from simulators.load_shape import CustomerClass
from simulators.meter import SHANGHAI, SimulatedMeter
from simulators.shared_load import Patterns, SharedLoad

NOW = datetime(2026, 3, 1, 4, 30, 7, tzinfo=UTC)
PLAN = FleetPlan(60, seed=7, patterns=2)


def used(meter: SimulatedMeter, at: datetime) -> int:
    return (meter.energy(at) - meter.spec.initial).exact("active_energy_import")


def test_meters_of_one_pattern_draw_the_same_load_in_their_own_measure() -> None:
    fleet = build_fleet(PLAN)
    homes = [m for m in fleet if m.spec.customer_class is CustomerClass.RESIDENTIAL and int(m.address) % 2][:6]
    per_size = [used(meter, NOW) / round(meter.spec.size * 1000) for meter in homes]
    assert max(per_size) - min(per_size) < 1e-5 * max(per_size)
    assert len({meter.spec.size for meter in homes}) > 1


def test_registers_only_grow_and_are_the_same_in_every_process() -> None:
    once, again = build_fleet(PLAN)[5], build_fleet(PLAN)[5]
    steps = [NOW + timedelta(seconds=37 * n) for n in range(200)]
    told = [once.energy(at) for at in steps]
    assert told == [again.energy(at) for at in steps]
    assert all(a <= b for one, other in pairwise(told) for a, b in zip(one.ws, other.ws, strict=True))


def test_the_power_is_that_of_the_pattern_scaled() -> None:
    patterns = Patterns(1, seed=7, commissioned=datetime(2026, 1, 1, tzinfo=SHANGHAI), zone=SHANGHAI)
    whole, half = (patterns.load(CustomerClass.INDUSTRIAL, 1, size) for size in (1.0, 0.5))
    second = int(NOW.timestamp())
    assert half.power(second) == tuple(watts // 2 for watts in whole.power(second))
    assert half.max_demand("active_energy_import", second - 7_200, second) is not None


def test_a_share_of_nothing_is_refused() -> None:
    patterns = Patterns(1, seed=7, commissioned=datetime(2026, 1, 1, tzinfo=SHANGHAI), zone=SHANGHAI)
    with pytest.raises(ValueError, match="thousandth"):
        SharedLoad(patterns.load(CustomerClass.INDUSTRIAL, 1, 1.0)._pattern, 0)
