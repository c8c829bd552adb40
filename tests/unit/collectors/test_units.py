"""Units: the power of ten is exact, and unlike is never turned into like."""

from __future__ import annotations

import pytest

from collectors.units import is_unit, power_of_ten


@pytest.mark.parametrize(
    ("told", "wanted", "power"),
    [("W", "kW", -3), ("kW", "kW", 0), ("Wh", "kWh", -3), ("MWh", "kWh", 3), ("mA", "A", -3), ("var", "kvar", -3)],
)
def test_the_same_quantity_is_converted(told: str, wanted: str, power: int) -> None:
    assert power_of_ten(told, wanted) == power


@pytest.mark.parametrize(("told", "wanted"), [("W", "kWh"), ("V", "A"), ("kVA", "kW"), ("", "kW"), ("joule", "kWh")])
def test_another_quantity_is_not(told: str, wanted: str) -> None:
    assert power_of_ten(told, wanted) is None


def test_a_ratio_has_the_empty_unit() -> None:
    assert power_of_ten("", "") == 0
    assert is_unit("") and is_unit("kvarh") and not is_unit("kk") and not is_unit("k")
