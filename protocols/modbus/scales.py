"""Scale registers: a number times ten to the power that another register holds, or times a ratio the meter is set to.

Exact, and never a guess: without its exponent or its ratio a number is no value. Reads no register itself.
"""

from __future__ import annotations

from typing import Final

from protocols.modbus.registers import Number

ABSENT: Final = 0x8000
"""SunSpec's mark of an exponent that the meter does not have: -32768."""
EXPONENTS: Final = range(-10, 11)


def raised(number: Number, word: int) -> Number:
    """The number times ten to the signed power in `word`."""
    if number.value is None:
        return number
    power = word - 0x10000 if word & 0x8000 else word
    if word == ABSENT:
        return Number(None, "its exponent is absent (8000)")
    if power not in EXPONENTS:
        return Number(None, f"its exponent {power} is not in -10..10")
    return Number(number.value.scaleb(power))


def multiplied(number: Number, ratio: Number) -> Number:
    """The number times a ratio of transformers; a ratio is above zero."""
    if number.value is None:
        return number
    if ratio.value is None:
        return Number(None, f"its ratio is {ratio.problem}")
    if ratio.value <= 0:
        return Number(None, f"its ratio is {ratio.value:f}")
    return Number(number.value * ratio.value)
