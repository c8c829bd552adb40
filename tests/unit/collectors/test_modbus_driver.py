"""The Modbus driver as a pure generator: exact values in the order asked, few requests, honest errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from collectors.driver import Site
from collectors.drivers.modbus import ModbusDriver
from collectors.profiles import ModbusProfile, ModbusRegister
from headend import shipped
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from protocols.modbus import Frame, Mbap, Role, Rtu, exception_reply, read_reply, take_request
from protocols.modbus.registers import Layout, RegisterType, encode
from tests.unit.collectors.modbus_conversations import NOW, Reply, converse, only

TYPES = shipped.reading_types(shipped.config_root())
PROFILES = {
    **shipped.telling_profiles(shipped.config_root(), "modbus", ModbusProfile, TYPES),
    "small": ModbusProfile(
        "small",
        "test",
        3,
        (
            ModbusRegister("active_energy_import", 0, RegisterType.U64, "Wh", Decimal("1")),
            ModbusRegister("active_power", 4, RegisterType.I16, "W", Decimal("0.1"), invalid=(0x8000,)),
        ),
    ),
}
METER = MeterInstallation(
    1,
    UsagePoint(1, "UP", CustomerClass.RESIDENTIAL),
    Meter(1, "A", Protocol.MODBUS, "eastron-sdm630", "5", Line(1, "tcp://x:1")),
    NOW - timedelta(days=90),
)
SMALL = replace(METER, meter=replace(METER.meter, profile="small"))
SERIAL = replace(METER, meter=replace(METER.meter, line=Line(2, "serial:///dev/ttyX")))
IMAGE = {0: "230.2", 2: "231", 12: "1234.5", 52: "-1234.5", 70: "49.98", 72: "12345.67", 74: "0"}


def driver() -> ModbusDriver:
    return ModbusDriver(PROFILES, Site(TYPES, ZoneInfo("Asia/Shanghai"), lambda: NOW))


def floats(image: Mapping[int, str], asked: list[tuple[int, int]] | None = None) -> Reply:
    """A meter with these floats and zeros between them."""

    def reply(request: Frame) -> Frame:
        read = take_request(request)
        assert read is not None
        if asked is not None:
            asked.append((read.address, read.count))
        words = [0] * 100
        for address, text in image.items():
            words[address : address + 2] = encode(Decimal(text), Layout(RegisterType.F32))
        return read_reply(request, words[read.address : read.address + read.count])

    return reply


def read(
    reply: Reply, *items: str, meter: MeterInstallation = METER, source: ReadingSource = ReadingSource.ON_DEMAND
) -> MeterAnswer:
    framing = Rtu(Role.METER) if meter is SERIAL else Mbap(Role.METER)
    return converse(driver().read(meter, items, source), reply, framing)


def texts(answer: MeterAnswer) -> Sequence[str | None]:
    return [result.text for result in answer.results]


def errors(answer: MeterAnswer) -> Sequence[ItemError | None]:
    return [result.error for result in answer.results]


@pytest.mark.parametrize("meter", [METER, SERIAL])
def test_answers_come_in_the_order_asked_with_exact_values_in_the_table_s_units(meter: MeterInstallation) -> None:
    answer = read(floats(IMAGE), "active_energy_import", "1-0:32.7.0", "active_power", "active_power_l1", meter=meter)
    assert texts(answer) == ["12345.67", "230.2", "-1.2345", "1.2345"]
    assert [result.unit for result in answer.results] == ["kWh", "V", "kW", "kW"]


def test_readings_carry_the_frame_and_say_that_the_time_is_ours() -> None:
    (reading,) = read(floats(IMAGE), "voltage_l1", source=ReadingSource.SCHEDULED).readings
    assert (reading.value, reading.measured_at, reading.source) == (Decimal("230.2"), NOW, ReadingSource.SCHEDULED)
    assert reading.qualities == {ReadingQuality.TIME_FROM_HEADEND}
    assert reading.frame is not None and reading.frame.reply.endswith(bytes.fromhex("0443663333"))


def test_everything_is_one_request_of_eighty_words() -> None:
    asked: list[tuple[int, int]] = []
    answer = read(floats(IMAGE, asked), *driver().periodic_items(METER))
    assert asked == [(0, 80)]
    assert len(answer.readings) == len(PROFILES["eastron-sdm630"].registers) == 27


def test_a_meter_that_refuses_holes_is_asked_without_them() -> None:
    image = dict.fromkeys((*range(36), 52, 53, 70, 71, 72, 73), 0)
    answer = read(only(image), "voltage_l1", "active_power", "active_energy_import", "active_energy_export")
    assert errors(answer) == [None, None, None, ItemError.REFUSED]
    assert answer.results[3].reason == "exception 02: illegal data address (function 4, 2 registers from 74)"


def test_a_refusal_is_told_by_its_name_and_asked_only_once() -> None:
    answer = read(lambda request: exception_reply(request, 6), "voltage_l1", "frequency")
    assert errors(answer) == [ItemError.REFUSED] * 2
    assert answer.results[0].reason == "exception 06: server device busy (function 4, 2 registers from 0)"


def test_a_gateway_that_cannot_reach_the_meter_means_silence_not_refusal() -> None:
    answer = read(lambda request: exception_reply(request, 0x0B), "voltage_l1")
    assert errors(answer) == [ItemError.NO_ANSWER]
    assert not answer.is_answered
    assert "failed to respond" in answer.results[0].reason


def test_a_silent_meter_is_asked_once_by_the_schedule() -> None:
    asked: list[Frame] = []
    answer = read(asked.append, "voltage_l1", "active_energy_import", source=ReadingSource.SCHEDULED)
    assert errors(answer) == [ItemError.NO_ANSWER] * 2
    assert len(asked) == 1


@pytest.mark.parametrize("change", [{"unit": 6}, {"transaction": 9999}, {"function": 3}, {"data": b"\x02\x00\x00"}])
def test_another_meter_s_or_a_late_reply_never_counts(change: dict[str, int | bytes]) -> None:
    def reply(request: Frame) -> Frame:
        return read_reply(request, [0x4366, 0x3334])._replace(**change)  # type: ignore[arg-type]  # fields by name

    assert errors(read(reply, "voltage_l1")) == [ItemError.NO_ANSWER]


def test_two_requests_never_have_the_same_transaction() -> None:
    seen: list[int] = []
    meters = driver()

    def reply(request: Frame) -> Frame | None:
        seen.append(request.transaction)
        return floats(IMAGE)(request)

    for _ in range(3):
        converse(meters.read(METER, ["voltage_l1"], ReadingSource.ON_DEMAND), reply, Mbap(Role.METER))
    assert len(set(seen)) == 3


def test_what_the_profile_or_the_protocol_lacks_is_not_supported() -> None:
    answer = read(floats(IMAGE), "00010000", "temperature", "clock", "voltage_l1")
    assert errors(answer) == [ItemError.NOT_SUPPORTED] * 3 + [None]
    assert "data identifier" in answer.results[0].reason


def test_missing_and_absurd_values_are_no_readings() -> None:
    def reply(request: Frame) -> Frame:
        return read_reply(request, [0x7FC0, 0, 0x7F80, 0, 0x5E80, 0])

    answer = read(reply, "voltage_l1", "voltage_l2", "voltage_l3")
    assert errors(answer) == [ItemError.NOT_PRESENT, ItemError.INVALID_DATA, ItemError.INVALID_DATA]
    assert answer.readings == ()


def test_integer_registers_are_counts_of_the_resolution() -> None:
    words = {0: 0, 1: 0, 2: 0x0012, 3: 0xD687, 4: 0xFFFF}
    answer = read(only(words), "active_energy_import", "active_power", meter=SMALL)
    assert texts(answer) == ["1234.567", "-0.0001"]
    answer = read(only({4: 0x8000}), "active_power", meter=SMALL)
    assert errors(answer) == [ItemError.NOT_PRESENT]


def test_freezes_and_load_profiles_stay_empty() -> None:
    meters = driver()
    for conversation in (meters.read_daily_freeze(METER, [1]), meters.read_load_profile(METER, NOW, 4)):
        assert converse(conversation, lambda request: None, Mbap(Role.METER)).results == ()


RATIOS = {6: 40, 7: 1000, 4126: 0x4366, 4127: 0x3334}  # a secondary energy of 230.2 kWh
CT_TYPE = replace(METER, meter=replace(METER.meter, profile="chint-dtsu666-ct"))


def test_a_value_of_the_secondary_side_is_multiplied_by_the_meter_s_own_ratios() -> None:
    answer = read(only(RATIOS), "active_energy_import", meter=CT_TYPE)
    assert texts(answer) == ["920800.00"]


@pytest.mark.parametrize("ratio", [0, None])
def test_without_its_ratio_a_value_is_invalid(ratio: int | None) -> None:
    words = {address: word for address, word in {**RATIOS, 6: ratio}.items() if word is not None}
    answer = read(only(words), "active_energy_import", "frequency", meter=CT_TYPE)
    assert errors(answer)[0] is ItemError.INVALID_DATA
    assert "its ratio" in answer.results[0].reason
