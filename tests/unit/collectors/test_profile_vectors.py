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

from collectors.conversation import Answer
from collectors.profiles import ModbusProfile, ModbusRegister
from collectors.register_blocks import RegisterBlock
from collectors.register_plan import Wanted, plan_of
from collectors.register_reads import Failed, Heard
from collectors.units import power_of_ten
from headend import shipped
from headend.domain.readings import RawFrame
from tests.fakes.meters import INSTALLED

ROOT = shipped.config_root()
TYPES = shipped.reading_types(ROOT)
PROFILES = shipped.telling_profiles(ROOT, "modbus", ModbusProfile, TYPES)
FILE = Path(__file__).parents[2] / "vectors" / "modbus" / "registers.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


def agrees(register: ModbusRegister, vector: dict[str, Any]) -> bool:
    """The register told at its address gives the published value, in the published unit."""
    if register.address != vector["address"] or register.type.words != len(vector["registers"]):
        return False
    words = {vector["address"] + n: word for n, word in enumerate(vector["registers"])}
    words |= {int(address): word for address, word in vector.get("also", {}).items()}
    plan = plan_of([register.reading_type], replace(PROFILES[vector["profile"]], registers=(register,)), TYPES)
    wanted = plan.wanted[0][1]
    assert isinstance(wanted, Wanted)
    told = wanted.told({place: heard(block, words) for block in plan.blocks for place in block.places})
    if isinstance(told, Failed) or vector["value"] is None:
        return isinstance(told, Failed) and vector["value"] is None
    ten = power_of_ten(vector["unit"], wanted.reading_type.unit)
    assert ten is not None
    return abs(told - Decimal(vector["value"]).scaleb(ten)) <= Decimal(vector["tolerance"]).scaleb(ten)


def heard(block: RegisterBlock, words: dict[int, int]) -> Heard:
    answer = Answer(None, RawFrame(b"", b""), INSTALLED, INSTALLED)
    return Heard(
        answer, block.address, b"".join(words.get(block.address + n, 0).to_bytes(2, "big") for n in range(block.count))
    )


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
    for ratio in register.ratios:
        if vector["also"][str(ratio.address)] * ratio.resolution != 1:
            others = tuple(other for other in register.ratios if other is not ratio)
            assert not agrees(replace(register, ratios=others), vector)
    worth = {"worth": register.worth * 10} if register.type.is_float else {"resolution": register.resolution * 10}
    assert not agrees(replace(register, **worth), vector)
