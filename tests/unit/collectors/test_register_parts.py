"""Values whose exponents are beyond words that the meter refuses: read in parts, and only if the exponent stays."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from collectors.profiles import ModbusRegister
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.readings import ReadingSource
from protocols.modbus import Frame, Mbap, Role, take_request
from protocols.modbus.registers import RegisterType
from tests.unit.collectors.modbus_conversations import Reply, converse, only
from tests.unit.collectors.test_modbus_driver import METER, driver

FINDER = replace(METER, meter=replace(METER.meter, profile="finder-7m-38"))
ENERGIES = ("active_energy_import", "active_energy_export", "reactive_energy_combined1", "reactive_energy_combined2")
EXPONENTS = {401: 1, 402: 2, 403: 0xFFFF, 404: 0}
COUNTERS = {406: 13, 407: 60383, 408: 0, 409: 12, 410: 0, 411: 7, 412: 0, 413: 1}
WHOLE = {**EXPONENTS, 405: 0xABCD, **COUNTERS}
GAP = {**EXPONENTS, **COUNTERS}
TOLD = ["9123.510", "1.200", "0.0007", "0.001"]


def noted(words: dict[int, int], asked: list[tuple[int, int]]) -> Reply:
    """A meter with these words alone, and what it was asked for."""

    def reply(request: Frame) -> Frame | None:
        read = take_request(request)
        assert read is not None
        asked.append((read.address, read.count))
        return only(words)(request)

    return reply


def read(reply: Reply, *items: str) -> MeterAnswer:
    return converse(driver().read(FINDER, items, ReadingSource.ON_DEMAND), reply, Mbap(Role.METER))


def numbers(answer: MeterAnswer) -> list[Decimal | None]:
    return [result.value for result in answer.results]


def test_a_meter_that_allows_it_is_asked_for_all_at_once() -> None:
    asked: list[tuple[int, int]] = []
    assert numbers(read(noted(WHOLE, asked), *ENERGIES)) == [Decimal(text) for text in TOLD]
    assert asked == [(401, 13)]


def test_a_meter_that_refuses_the_words_between_is_asked_in_parts_at_the_last() -> None:
    asked: list[tuple[int, int]] = []
    assert numbers(read(noted(GAP, asked), *ENERGIES)) == [Decimal(text) for text in TOLD]
    assert asked == [(401, 13), (401, 7), (402, 8), (403, 9), (404, 10), (401, 4), (406, 8), (401, 4)]


def test_the_answer_with_the_value_is_the_evidence() -> None:
    (reading, *_) = read(noted(GAP, []), *ENERGIES).readings
    assert reading.frame is not None and bytes.fromhex("000DEBDF") in reading.frame.reply


def test_an_exponent_that_changes_in_between_makes_no_reading() -> None:
    words, asked = dict(GAP), list[tuple[int, int]]()

    def reply(request: Frame) -> Frame | None:
        words[401] = 2 if (406, 2) in asked else 1  # it changes when the value has been read
        return noted(words, asked)(request)

    answer = read(reply, "active_energy_import")
    assert answer.results[0].error is ItemError.INVALID_DATA
    assert answer.results[0].reason == "its exponent at 401 changed from 1 to 2 while it was read"
    assert answer.readings == ()


@pytest.mark.parametrize(("missing", "refused"), [(401, "1 register from 401"), (407, "2 registers from 406")])
def test_what_is_not_there_at_all_costs_only_itself_and_is_named(missing: int, refused: str) -> None:
    words = {at: word for at, word in GAP.items() if at != missing}
    answer = read(only(words), *ENERGIES)
    assert numbers(answer) == [None, *(Decimal(text) for text in TOLD[1:])]
    assert answer.results[0].error is ItemError.REFUSED
    assert answer.results[0].reason == f"exception 02: illegal data address (function 4, {refused})"


def test_an_exponent_beside_its_value_is_never_asked_for_alone() -> None:
    register = ModbusRegister("active_power", 5, RegisterType.I16, "W", Decimal(1), exponent_at=6)
    assert not register.is_spread and replace(register, exponent_at=8).is_spread
    assert replace(register, exponent_at=3).is_spread and not replace(register, exponent_at=4).is_spread
