"""Every way to describe a Modbus register wrongly by one key; the vectors must notice each. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from collectors.profiles import ModbusRegister
from collectors.units import BASE_UNITS, PREFIXES, power_of_ten
from protocols.modbus.registers import RegisterType, WordOrder

OTHER_FUNCTION: Mapping[int, int] = {3: 4, 4: 3}
OTHER_ORDER: Mapping[WordOrder, WordOrder] = {WordOrder.BIG: WordOrder.LITTLE, WordOrder.LITTLE: WordOrder.BIG}
UNITS = [prefix + base for base in BASE_UNITS for prefix in PREFIXES]


class Mutant(NamedTuple):
    """A wrong description, and in words what is wrong with it."""

    what: str
    function: int
    register: ModbusRegister


def mutants(register: ModbusRegister, function: int) -> Iterator[Mutant]:
    """The wrong descriptions that would load; what cannot even be built needs no vector."""
    yield Mutant(f"function {OTHER_FUNCTION[function]}", OTHER_FUNCTION[function], register)
    for what, keys in _changes(register):
        with suppress(ValueError):
            yield Mutant(what, function, replace(register, **keys))  # type: ignore[arg-type]  # keys by name


def _changes(register: ModbusRegister) -> Iterator[tuple[str, Mapping[str, object]]]:
    for step in (-2, -1, 1, 2):
        yield f"address {register.address + step}", {"address": register.address + step}
    for kind in set(RegisterType) - {register.type}:
        yield f"type {kind} for {register.type}", {"type": kind}
    if register.type.words > 1:
        yield "the other word order", {"word_order": OTHER_ORDER[register.word_order]}
    for unit in UNITS:
        if unit != register.unit and power_of_ten(unit, register.unit) is not None:
            yield f"unit {unit}", {"unit": unit}
    yield from _scales(register)
    for marker in register.invalid:
        yield f"no invalid {marker:X}", {"invalid": tuple(other for other in register.invalid if other != marker)}


def _scales(register: ModbusRegister) -> Iterator[tuple[str, Mapping[str, object]]]:
    for ten in (-1, 1):
        for key in ("resolution", "worth"):
            scaled = getattr(register, key).scaleb(ten)
            yield f"{key} {scaled:f}", {key: scaled}
    at = register.exponent_at
    if at is not None:
        for other in (None, at - 1, at + 1):
            yield f"exponent_at {other}", {"exponent_at": other}
    for ratio in register.ratios:
        others = tuple(other for other in register.ratios if other is not ratio)
        yield f"no ratio at {ratio.address}", {"ratios": others}
        for wrong in (replace(ratio, resolution=ratio.resolution * 10), replace(ratio, address=ratio.address + 2)):
            yield f"ratio at {wrong.address} with {wrong.resolution}", {"ratios": (*others, wrong)}
