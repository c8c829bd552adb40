"""Golden registers of every shipped Modbus profile: a wrong address, type, word order or scale cannot pass.

Vectors are published ones where somebody published registers with their values, else made by hand from the cited maps;
each says which it is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors.profiles import ModbusProfile, ModbusRegister
from collectors.units import power_of_ten
from headend import shipped
from protocols.modbus.registers import decode

ROOT = shipped.config_root()
PROFILES = shipped.telling_profiles(ROOT, "modbus", ModbusProfile, shipped.reading_types(ROOT))
FILE = Path(__file__).parents[2] / "vectors" / "modbus" / "registers.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


def agrees(register: ModbusRegister, vector: dict[str, Any]) -> bool:
    """The register told at its address gives the published value, in the published unit."""
    if register.address != vector["address"] or register.type.words != len(vector["registers"]):
        return False
    told = decode(vector["registers"], register.layout).value
    if told is None or vector["value"] is None:
        return told is None and vector["value"] is None
    ten = power_of_ten(register.unit, vector["unit"])
    assert ten is not None
    return abs(told.scaleb(ten) - Decimal(vector["value"])) <= Decimal(vector["tolerance"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['profile']}-{v['reading_type']}-{v['address']}")
def test_the_golden_registers_are_read(vector: dict[str, Any]) -> None:
    assert agrees(PROFILES[vector["profile"]].told[vector["reading_type"]], vector), vector["source"]


def test_no_profile_is_without_a_vector_and_there_are_many() -> None:
    assert {vector["profile"] for vector in VECTORS} == set(PROFILES)
    assert len(PROFILES) >= 16
    assert all(vector["source"] and vector["origin"] for vector in VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['profile']}-{v['reading_type']}-{v['address']}")
def test_a_wrong_scale_or_address_is_caught(vector: dict[str, Any]) -> None:
    register = PROFILES[vector["profile"]].told[vector["reading_type"]]
    assert not agrees(replace(register, address=register.address + 2), vector)
    if vector["value"] is None or Decimal(vector["value"]) == 0:
        return  # nothing times ten is nothing
    worth = {"worth": register.worth * 10} if register.type.is_float else {"resolution": register.resolution * 10}
    assert not agrees(replace(register, **worth), vector)
