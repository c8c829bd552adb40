"""What a read of items means for a Modbus profile: which registers, in which requests, and how words become values.

Pure: asks nothing, and decides nothing about silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from collectors.places import place_of
from collectors.profiles import ModbusProfile, ModbusRegister, TextRegister
from collectors.register_blocks import Place, RegisterBlock, blocks
from collectors.register_reads import Failed, Heard
from collectors.units import power_of_ten
from headend.domain.collection import ItemError
from headend.domain.reading_types import ReadingType, ReadingTypeTable
from protocols.modbus.registers import Layout, Number, decode_bytes
from protocols.modbus.scales import multiplied, raised

LARGEST_VALUE = Decimal(10) ** 11  # above every meter's; the store's integers must hold it

Outcomes = Mapping[Place, Heard | Failed]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A register that an item stands for, and how it is told in the unit of its reading type."""

    item: str
    reading_type: ReadingType
    register: ModbusRegister
    layout: Layout
    words: int
    power: int

    def told(self, outcomes: Outcomes) -> Decimal | Failed:
        """The exact value among what was heard, or why there is none."""
        register = self.register
        heard = outcomes[register]
        if isinstance(heard, Failed):
            return heard
        number = decode_bytes(heard.at(register.address, self.words), self.layout)
        if register.exponent_at is not None:
            number = raised(number, int.from_bytes(heard.at(register.exponent_at, 1), "big"))
        if register.ratios:
            number = self._multiplied(number, outcomes)
        return self._checked(number, heard)

    def _multiplied(self, number: Number, outcomes: Outcomes) -> Number:
        for ratio in self.register.ratios:
            heard = outcomes[ratio]
            if isinstance(heard, Failed):
                return Number(None, f"its ratio at {ratio.address} is unknown: {heard.reason}")
            number = multiplied(number, decode_bytes(heard.at(ratio.address, ratio.type.words), ratio.layout))
        return number

    def _checked(self, number: Number, heard: Heard) -> Decimal | Failed:
        if number.value is None:
            is_absent = number.problem.startswith("not present")
            error = ItemError.NOT_PRESENT if is_absent else ItemError.INVALID_DATA
            return Failed(error, number.problem, heard.answer)
        value = number.value.scaleb(self.power) if self.power else number.value
        if abs(value) >= LARGEST_VALUE:
            reason = f"{value:f} {self.reading_type.unit} is beyond every meter"
            return Failed(ItemError.INVALID_DATA, reason, heard.answer)
        return value


@dataclass(frozen=True, slots=True)
class Plan:
    """The registers of each item, in the order asked, or in words why it has none; and what to ask for."""

    wanted: tuple[tuple[str, Wanted | TextRegister | str], ...]
    blocks: tuple[RegisterBlock, ...]


def plan_of(items: Sequence[str], profile: ModbusProfile, types: ReadingTypeTable) -> Plan:
    """Every item's registers in as few requests as the meter allows."""
    wanted = tuple((item, _wanted(item, profile, types)) for item in items)
    places: set[Place] = set()
    for _, found in wanted:
        if isinstance(found, Wanted):
            places |= {found.register, *found.register.ratios}
        elif isinstance(found, TextRegister):
            places.add(found)
    asked = blocks(places, max_registers=profile.max_registers, largest_gap=profile.largest_gap)
    return Plan(wanted, tuple(asked))


def _wanted(item: str, profile: ModbusProfile, types: ReadingTypeTable) -> Wanted | TextRegister | str:
    for text in profile.texts:
        if text.name == item:
            return text
    register = place_of(item, profile, types)
    if isinstance(register, str):
        return register
    reading_type = types.by_name(register.reading_type)
    power = power_of_ten(register.unit, reading_type.unit) or 0
    return Wanted(item, reading_type, register, register.layout, register.type.words, power)
