"""Loads look like their class, and the same seed draws the same load."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.load_shape import CustomerClass, LoadShape, MonthPower
from simulators.slots import DEFAULT_TARIFFS, month_slots, tariff_masks

SHANGHAI = ZoneInfo("Asia/Shanghai")


def month(kind: CustomerClass, number: int = 7, *, seed: int = 1, meter: int = 5) -> MonthPower:
    return LoadShape(kind, seed=seed, meter=meter, zone=SHANGHAI, size=1.0).month(2026, number)


def mean_at(power: MonthPower, hour: int, *, weekend: bool = False) -> float:
    chosen = (power.grid.slot_of_day // 4 == hour) & ((power.grid.weekday >= 5) == weekend)
    return float(power.active_w[chosen].mean())


def test_the_same_seed_and_meter_draw_the_same_month() -> None:
    one, other = month(CustomerClass.RESIDENTIAL), month(CustomerClass.RESIDENTIAL)
    assert np.array_equal(one.active_w, other.active_w)
    assert np.array_equal(one.reactive_var, other.reactive_var)


@pytest.mark.parametrize("change", [{"seed": 2}, {"meter": 6}, {"number": 8}])
def test_another_seed_meter_or_month_draws_another_load(change: dict[str, int]) -> None:
    one, other = month(CustomerClass.RESIDENTIAL), month(CustomerClass.RESIDENTIAL, **change)
    assert not np.array_equal(one.active_w, other.active_w)


def test_a_home_peaks_in_the_evening_and_a_shop_by_day() -> None:
    home, shop = month(CustomerClass.RESIDENTIAL), month(CustomerClass.COMMERCIAL)
    assert mean_at(home, 20) > 2 * mean_at(home, 3)
    assert mean_at(shop, 14) > 3 * mean_at(shop, 3)


def test_a_plant_rests_at_the_weekend() -> None:
    plant = month(CustomerClass.INDUSTRIAL)
    assert mean_at(plant, 10) > 2 * mean_at(plant, 10, weekend=True)


def test_summer_cooling_shows() -> None:
    july, april = month(CustomerClass.COMMERCIAL, 7), month(CustomerClass.COMMERCIAL, 4)
    assert july.active_w.mean() > 1.15 * april.active_w.mean()


def test_only_a_prosumer_gives_back_and_only_by_day() -> None:
    sunny = month(CustomerClass.PROSUMER)
    hours = sunny.grid.slot_of_day[sunny.active_w < 0] // 4
    assert hours.size
    assert hours.min() >= 5 and hours.max() <= 19
    for kind in set(CustomerClass) - {CustomerClass.PROSUMER}:
        assert month(kind).active_w.min() >= 0


def test_street_lights_burn_at_night_longer_in_winter_and_are_capacitive() -> None:
    winter, summer = month(CustomerClass.STREET_LIGHTING, 1), month(CustomerClass.STREET_LIGHTING, 7)
    assert mean_at(winter, 12) == mean_at(summer, 12) == 12
    assert mean_at(winter, 0) > 3_000
    assert winter.active_w.mean() > 1.2 * summer.active_w.mean()
    assert winter.reactive_var.max() <= 0


def test_every_slot_has_exactly_one_tariff() -> None:
    grid = month_slots(SHANGHAI, 2026, 2)
    masks = tariff_masks(grid, DEFAULT_TARIFFS)
    assert grid.count == 28 * 96
    assert (masks.sum(axis=0) == 1).all()


@pytest.mark.parametrize("table", [(("01:00", 1),), (("00:00", 5),), (("00:00", 1), ("07:00", 0))])
def test_a_tariff_table_with_a_hole_is_refused(table: tuple[tuple[str, int], ...]) -> None:
    with pytest.raises(ValueError, match="tariff table"):
        tariff_masks(month_slots(SHANGHAI, 2026, 2), table)
