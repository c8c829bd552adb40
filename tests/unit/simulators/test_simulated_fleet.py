"""A fleet comes out of its plan alone, whatever its size, and starts fast."""

import time
from datetime import datetime, timedelta

import numpy as np
import pytest

from simulators.fleet import FleetPlan, build_fleet
from simulators.load_shape import CustomerClass, LoadShape
from simulators.meter import SHANGHAI


def test_the_same_plan_gives_the_same_registers(now: datetime) -> None:
    one, other = (build_fleet(FleetPlan(20, "000000000100", seed=5)) for _ in range(2))
    assert [m.energy(now) for m in one] == [m.energy(now) for m in other]
    assert [m.spec for m in one] == [m.spec for m in other]


def test_another_seed_gives_other_meters() -> None:
    one, other = (build_fleet(FleetPlan(20, seed=seed)) for seed in (1, 2))
    assert [m.spec for m in one] != [m.spec for m in other]


def test_a_meter_does_not_depend_on_the_size_of_its_fleet() -> None:
    few, many = build_fleet(FleetPlan(5, "7")), build_fleet(FleetPlan(50, "3"))
    assert [m.spec for m in few] == [m.spec for m in many[4:9]]


def test_all_classes_are_there_in_about_their_shares() -> None:
    kinds = [m.spec.customer_class for m in build_fleet(FleetPlan(2000))]
    assert set(kinds) == set(CustomerClass)
    assert 0.68 < kinds.count(CustomerClass.RESIDENTIAL) / 2000 < 0.76


def test_clocks_are_good_but_not_perfect(now: datetime) -> None:
    offsets = [abs(m.clock.offset(now)) for m in build_fleet(FleetPlan(300))]
    assert timedelta() < max(offsets) < timedelta(seconds=15)


@pytest.mark.parametrize("first", ["", "12345678901234", "12A", "999999999998", "１２"])
def test_addresses_that_do_not_exist_are_refused(first: str) -> None:
    with pytest.raises(ValueError, match="address"):
        FleetPlan(2, first)


@pytest.mark.parametrize("kind", CustomerClass)
def test_the_largest_load_fits_the_field_a_meter_shows_it_in(kind: CustomerClass) -> None:
    largest = max(meter.spec.size for meter in build_fleet(FleetPlan(2000)))
    for seed in range(3):
        shape = LoadShape(kind, seed=seed, meter=1, zone=SHANGHAI, size=largest)
        for month in range(1, 13):
            power = shape.month(2026, month)
            assert np.hypot(power.active_w, power.reactive_var).max() < 79_999  # XX.XXXX with a sign bit, in kVA


def test_five_thousand_meters_start_in_under_three_seconds() -> None:
    begin = time.perf_counter()
    meters = build_fleet(FleetPlan(5000))
    assert time.perf_counter() - begin < 3
    assert meters[-1].address == "000000005000"
