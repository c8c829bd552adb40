"""One family of terminals sends the reactive powers of AFN 0C F25 with the high byte first; the frame itself proves it.

The active power and the power factor of the same frame say what the reactive power must be. Only where the value by
the standard is ten times off, and the other byte order agrees within a tenth, is that order taken, and said.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from protocols.gdw1376.formats import Value, of_number

WORDS: Final = "reactive power comes with its high byte first"
_STEP: Final = 4  # decimals of A.9
_NAME: Final = "reactive_power"


def reread(values: Sequence[Value]) -> tuple[tuple[Value, ...], str | None]:
    """The values as meant, and what was amiss with them."""
    numbers = {value.name: value.number for value in values}
    power, percent, reactive = numbers.get("active_power"), numbers.get("power_factor"), numbers.get(_NAME)
    if power is None or percent is None or reactive is None or not _is_meant(abs(power), abs(percent), reactive):
        return tuple(values), None
    return tuple(_reread(value) if value.name.startswith(_NAME) else value for value in values), WORDS


def _is_meant(power: Decimal, percent: Decimal, reactive: Decimal) -> bool:
    if not (5 <= percent <= 99 and power >= Decimal("0.01") and reactive > 0):
        return False
    cosine = percent / 100
    expected = power * (1 - cosine * cosine).sqrt() / cosine
    is_far_off = not expected / 10 <= reactive <= expected * 10
    return is_far_off and abs(_rotated(reactive) - expected) <= expected / 10


def _reread(value: Value) -> Value:
    if value.number is None or value.number < 0:
        return value
    return of_number(value.name, _rotated(value.number), value.unit)


def _rotated(number: Decimal) -> Decimal:
    digits = f"{int(number.scaleb(_STEP)):06d}"
    return Decimal(int(digits[4:] + digits[:4])).scaleb(-_STEP)
