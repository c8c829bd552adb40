"""Exponents and ratios in registers: exact, and without them no value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus.registers import Number
from protocols.modbus.scales import multiplied, raised

TWELVE = Number(Decimal("1.2"))
NOTHING = Number(None, "not present (8000)")


@pytest.mark.parametrize(
    ("word", "value"), [(0, "1.2"), (0xFFFE, "0.012"), (2, "120"), (10, "12000000000"), (0xFFF6, "0.00000000012")]
)
def test_a_number_is_raised_by_the_power_in_a_register(word: int, value: str) -> None:
    assert raised(TWELVE, word).value == Decimal(value)


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        (0x8000, "its exponent is absent (8000)"),
        (11, "its exponent 11 is not in -10..10"),
        (0xFFF5, "its exponent -11"),
    ],
)
def test_an_exponent_that_is_none_gives_no_value(word: int, problem: str) -> None:
    number = raised(TWELVE, word)
    assert number.value is None
    assert number.problem.startswith(problem)


@given(st.integers(0, 0xFFFF))
def test_only_powers_of_the_standard_give_values(word: int) -> None:
    power = word - 0x10000 if word > 0x7FFF else word
    assert (raised(TWELVE, word).value is not None) == (-10 <= power <= 10)


def test_a_ratio_multiplies_exactly() -> None:
    assert multiplied(TWELVE, Number(Decimal("0.1"))).value == Decimal("0.12")


@pytest.mark.parametrize("ratio", [Number(Decimal(0)), Number(Decimal(-1)), NOTHING])
def test_a_ratio_that_cannot_be_gives_no_value(ratio: Number) -> None:
    number = multiplied(TWELVE, ratio)
    assert (number.value, number.problem.startswith("its ratio is")) == (None, True)


def test_what_is_no_value_stays_none_for_its_own_reason() -> None:
    assert raised(NOTHING, 0) == multiplied(NOTHING, TWELVE) == NOTHING
