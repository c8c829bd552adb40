"""`headend check-config --profile FILE`: one device profile is looked over, without a site and without a meter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from collectors.profiles import ModbusProfile, ModbusRegister, MqttProfile
from collectors.register_blocks import Place, blocks
from headend import shipped
from headend.commands import output
from headend.domain.errors import HeadEndError
from headend.domain.reading_types import ReadingTypeTable

REGISTER_COLUMNS = ("reading_type", "address", "type", "word_order", "unit", "resolution", "worth", "kept_in", "needs")
VALUE_COLUMNS = ("reading_type", "path", "unit", "kept_in")
Row = Mapping[str, str | int]


def check_profile(file: Path) -> None:
    """The profile as a table, or why it is none."""
    profile, types = _loaded(file)
    if isinstance(profile, MqttProfile):
        output.print_table(_values(profile, types), VALUE_COLUMNS)
        output.say(f"{file} is right: {len(profile.values)} values on {profile.topic or 'Sparkplug topics'}")
        return
    output.print_table(_registers(profile, types), REGISTER_COLUMNS)
    asked = ", ".join(f"{one['address']}+{one['count']}" for one in _requests(profile))
    output.say(f"{file} is right: {len(profile.registers)} registers, read by function {profile.function} at {asked}")


def print_profile(file: Path) -> None:
    """The same as JSON."""
    profile, types = _loaded(file)
    told: dict[str, object] = {"file": str(file), "name": profile.name, "source": profile.source}
    if isinstance(profile, MqttProfile):
        output.print_json({**told, "protocol": "mqtt", "values": _values(profile, types)})
        return
    registers = {"registers": _registers(profile, types), "requests": _requests(profile)}
    output.print_json({**told, "protocol": "modbus", "function": profile.function, **registers})


def _loaded(file: Path) -> tuple[ModbusProfile | MqttProfile, ReadingTypeTable]:
    try:
        types = shipped.reading_types(shipped.config_root())
        return shipped.telling_profile(file, types), types
    except HeadEndError as error:
        output.fail(str(error))


def _registers(profile: ModbusProfile, types: ReadingTypeTable) -> list[Row]:
    return [
        {
            "reading_type": name,
            "address": register.address,
            "type": register.type.value,
            "word_order": register.word_order.value if register.type.words > 1 else "",
            "unit": register.unit,
            "resolution": f"{register.resolution:f}",
            "worth": "" if register.worth == 1 else f"{register.worth:f}",
            "kept_in": types.by_name(name).unit,
            "needs": _needs(register),
        }
        for name, register in profile.told.items()
    ]


def _needs(register: ModbusRegister) -> str:
    """The other registers that its value needs."""
    exponent = [] if register.exponent_at is None else [f"exponent at {register.exponent_at}"]
    return ", ".join([*exponent, *(f"ratio at {ratio.address}" for ratio in register.ratios)])


def _requests(profile: ModbusProfile) -> list[Mapping[str, int]]:
    """What one cycle asks for, if the meter refuses nothing."""
    places: list[Place] = list(profile.registers)
    places += [ratio for register in profile.registers for ratio in register.ratios]
    asked = blocks(places, max_registers=profile.max_registers, largest_gap=profile.largest_gap)
    return [{"address": block.address, "count": block.count} for block in asked]


def _values(profile: MqttProfile, types: ReadingTypeTable) -> list[Row]:
    return [
        {"reading_type": name, "path": value.path, "unit": value.unit, "kept_in": types.by_name(name).unit}
        for name, value in profile.told.items()
    ]
