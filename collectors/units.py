"""Units as devices tell them, and the exact power of ten to the unit of a reading type. Converts no value itself."""

from __future__ import annotations

from collections.abc import Mapping

PREFIXES: Mapping[str, int] = {"": 0, "m": -3, "k": 3, "M": 6}
BASE_UNITS = frozenset({"Wh", "varh", "VAh", "W", "var", "VA", "V", "A", "Hz", "deg", "degC", "s"})


def power_of_ten(told: str, wanted: str) -> int | None:
    """n such that a value in `told` times 10**n is in `wanted`; None where the units do not measure the same."""
    if told == wanted:
        return 0
    told_prefix, told_base = _split(told)
    wanted_prefix, wanted_base = _split(wanted)
    if told_base != wanted_base or not told_base:
        return None
    return told_prefix - wanted_prefix


def unit_names() -> str:
    """The legal units, for whoever wrote another."""
    plain = " ".join(sorted(BASE_UNITS, key=str.lower))
    return f'write one of {plain}, also with m, k or M before it, or "" for a power factor'


def is_unit(text: str) -> bool:
    """Whether anything is measured in it; the empty unit is that of a ratio."""
    return text == "" or bool(_split(text)[1])


def _split(unit: str) -> tuple[int, str]:
    if unit in BASE_UNITS:
        return 0, unit
    if unit[:1] in PREFIXES and unit[1:] in BASE_UNITS:
        return PREFIXES[unit[:1]], unit[1:]
    return 0, ""
