"""SunSpec meters through the driver: golden images of every model, found once, told exactly, looked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.driver import Site
from collectors.drivers.modbus import ModbusDriver
from collectors.profiles import ModbusProfile, ModbusRegister
from collectors.units import power_of_ten
from headend import shipped
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import WrongEntry
from headend.domain.readings import ReadingSource
from protocols.modbus import Frame, Mbap, Role, take_request
from protocols.modbus.sunspec import MARK
from tests.unit.collectors.modbus_conversations import NOW, converse, only
from tests.unit.collectors.test_modbus_driver import METER

TYPES = shipped.reading_types(shipped.config_root())
MODELS = shipped.telling_profiles(shipped.config_root(), "modbus/sunspec", ModbusProfile, TYPES)
SUNSPEC = replace(METER, meter=replace(METER.meter, profile="sunspec"))
FILE = Path(__file__).parents[2] / "vectors" / "modbus" / "sunspec.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
NAMEPLATE = [*b"Acme".ljust(32, b"\0"), *b"M1".ljust(32, b"\0"), *bytes(32), *b"S-9".ljust(32, b"\0")]


def driver(models: Mapping[str, ModbusProfile] = MODELS) -> ModbusDriver:
    return ModbusDriver({}, Site(TYPES, ZoneInfo("UTC"), lambda: NOW), models.values())


def device(model: Sequence[int], base: int = 40000) -> dict[int, int]:
    """A chain of the common model and this one."""
    plate = [NAMEPLATE[n] << 8 | NAMEPLATE[n + 1] for n in range(0, len(NAMEPLATE), 2)]
    return dict(enumerate([*MARK, 1, 66, *plate, 1, 0, *model, 0xFFFF, 0], base))


def read(meter: ModbusDriver, words: Mapping[int, int], *items: str, asked: list[int] | None = None) -> MeterAnswer:
    def reply(request: Frame) -> Frame | None:
        if asked is not None:
            wanted = take_request(request)
            assert wanted is not None
            asked.append(wanted.address)
        return only(words)(request)

    return converse(meter.read(SUNSPEC, items, ReadingSource.ON_DEMAND), reply, Mbap(Role.METER))


def disagreements(vector: dict[str, Any], models: Mapping[str, ModbusProfile] = MODELS) -> list[str]:
    """What is told otherwise than published."""
    answer = read(driver(models), device(vector["registers"]), *vector["values"])
    found = []
    for result, wanted in zip(answer.results, vector["values"].values(), strict=True):
        value = None if wanted["value"] is None else Decimal(wanted["value"])
        if value is not None:
            kept_in = TYPES.by_name(result.item).unit
            ten = -2 if wanted["unit"] == "%" else power_of_ten(wanted["unit"], kept_in)
            assert ten is not None
            value = value.scaleb(ten)
        if result.value != value:
            found.append(f"{result.item}: {result.text} {result.reason}, should be {value}")
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['model']}-{v['source']}")
def test_the_golden_images_are_read(vector: dict[str, Any]) -> None:
    assert disagreements(vector) == []


def test_every_meter_model_has_an_image_and_each_says_where_it_is_from() -> None:
    assert {vector["model"] for vector in VECTORS} == {201, 202, 203, 204, 211, 212, 213, 214}
    assert all(vector["origin"] and vector["source"] for vector in VECTORS)


@pytest.mark.parametrize("name", MODELS)
def test_a_wrong_address_or_exponent_in_the_table_is_caught(name: str) -> None:
    vectors = [v for v in VECTORS if v["model"] in MODELS[name].sunspec_models]
    for n, register in enumerate(MODELS[name].registers):
        wrong = [replace(register, address=register.address + 2)]
        if register.exponent_at is not None:
            wrong.append(replace(register, exponent_at=register.exponent_at + 1))
        for changed in wrong:
            assert is_caught(name, n, changed, vectors), register.reading_type


def is_caught(name: str, n: int, changed: ModbusRegister, vectors: Sequence[dict[str, Any]]) -> bool:
    """By a vector, or already because two registers claim the same words."""
    registers = (*MODELS[name].registers[:n], changed, *MODELS[name].registers[n + 1 :])
    try:
        models = {**MODELS, name: replace(MODELS[name], registers=registers)}
    except WrongEntry:
        return True
    return any(disagreements(vector, models) for vector in vectors)


def test_the_meter_is_looked_for_once_and_then_asked_in_one_request() -> None:
    meter, asked = driver(), list[int]()
    read(meter, device(VECTORS[2]["registers"]), "frequency", asked=asked)
    assert asked == [40000, 40002, 40070, 40086]
    asked.clear()
    read(meter, device(VECTORS[2]["registers"]), *meter.periodic_items(SUNSPEC), asked=asked)
    assert asked == [40073]


def test_a_meter_that_refuses_is_looked_for_again() -> None:
    meter = driver()
    read(meter, device(VECTORS[2]["registers"]), "frequency")
    moved = device(VECTORS[6]["registers"], base=50000)
    assert read(meter, moved, "frequency").results[0].error is ItemError.REFUSED
    assert read(meter, moved, "frequency").results[0].error is None


def test_the_nameplate_is_told_in_the_order_asked_and_is_no_reading() -> None:
    items = ("serial_number", "frequency", "manufacturer", "model")
    answer = read(driver(), device(VECTORS[2]["registers"]), *items)
    assert [result.text for result in answer.results][::2] == ["S-9", "Acme"]
    assert [result.item for result in answer.results] == list(items)
    assert [reading.reading_type.name for reading in answer.readings] == ["frequency"]


@pytest.mark.parametrize(
    ("words", "error", "reason"),
    [
        ({}, ItemError.NOT_SUPPORTED, "no SunSpec mark"),
        (device([103, 50, *[0] * 50]), ItemError.NOT_SUPPORTED, "models 1, 103, none of 2"),
        (device([203, 0]), ItemError.INVALID_DATA, "model 203 at 40070 cannot have 0 registers"),
        (device([203, 90, *[0] * 90]), ItemError.INVALID_DATA, "model 203 has 90 registers where 10"),
    ],
)
def test_a_device_without_a_usable_meter_says_why(words: Mapping[int, int], error: ItemError, reason: str) -> None:
    (result, _) = read(driver(), words, "frequency", "voltage_l1").results
    assert (result.error, reason in result.reason) == (error, True), result.reason


def test_silence_is_silence() -> None:
    asked: list[Frame] = []
    answer = converse(driver().read(SUNSPEC, ["frequency"], ReadingSource.SCHEDULED), asked.append, Mbap(Role.METER))
    assert [result.error for result in answer.results] == [ItemError.NO_ANSWER]
    assert len(asked) == 1


@pytest.mark.parametrize(("word", "reason"), [(0x8000, "exponent is absent"), (99, "exponent 99 is not in")])
def test_a_value_without_its_exponent_is_invalid(word: int, reason: str) -> None:
    words = list(VECTORS[2]["registers"])
    words[17] = word
    (result,) = read(driver(), device(words), "frequency").results
    assert (result.error, reason in result.reason) == (ItemError.INVALID_DATA, True)
