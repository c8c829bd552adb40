"""Golden data of every function that the shipped terminal profile asks: exact values, in the table's units and times.

One is published; the others are made by hand from the cited formats, each says which it is.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors.conversation import Answer, Ask, Conversation
from collectors.terminals.messages import MessageParser
from headend.domain.collection import MeterAnswer
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame, ReadingSource
from protocols import gdw1376
from protocols.gdw1376 import frame as frames
from protocols.gdw1376 import identifiers
from protocols.gdw1376.replies import deny_all
from tests.unit.collectors.test_gdw1376_driver import DRIVER, METER, NOW, PROFILE

FILE = Path(__file__).parents[2] / "vectors" / "gdw1376" / "measuring_points.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
CURRENT = [vector for vector in VECTORS if vector["afn"] == "0C"]


def answered(conversation: Conversation[MeterAnswer], vector: dict[str, Any], data: bytes) -> MeterAnswer:
    """The conversation with a terminal that knows only this function of the point."""
    try:
        ask: Ask = next(conversation)
        while True:
            request = gdw1376.parse(ask.request)
            reply = deny_all(request)
            if request.data[:4] == identifiers.one(1, vector["function"]):
                body = identifiers.one(1, vector["function"]) + data
                reply = request._replace(control=frames.up(8), data=body, seq=frames.seq(0))
            event = MessageParser().receive(gdw1376.encode(reply))[0]
            assert ask.answers(event)
            ask = conversation.send(Answer(event, RawFrame(ask.request, event.raw), NOW, NOW))
    except StopIteration as end:
        finding: MeterAnswer = end.value
        return finding


def read_now(vector: dict[str, Any], data: bytes) -> dict[str, tuple[Decimal | None, datetime | None]]:
    items = list(vector["expect"])
    answer = answered(DRIVER.read(METER, items, ReadingSource.ON_DEMAND), vector, data)
    return {result.item: (result.value, result.measured_at) for result in answer.results}


def expected(vector: dict[str, Any]) -> dict[str, tuple[Decimal | None, datetime | None]]:
    at = datetime.fromisoformat(vector["measured_at"])
    return {name: (Decimal(text), at) if text is not None else (None, None) for name, text in vector["expect"].items()}


@pytest.mark.parametrize("vector", CURRENT, ids=lambda v: f"F{v['function']}-{v['origin']}")
def test_current_data_are_read_exactly(vector: dict[str, Any]) -> None:
    assert read_now(vector, bytes.fromhex(vector["data"])) == expected(vector)


@pytest.mark.parametrize("vector", CURRENT, ids=lambda v: f"F{v['function']}-{v['origin']}")
def test_a_shifted_digit_is_caught(vector: dict[str, Any]) -> None:
    raw = bytearray.fromhex(vector["data"])
    at = 5 if vector["function"] == 25 else 6
    raw[at] ^= 0x01
    assert read_now(vector, bytes(raw)) != expected(vector)


@pytest.mark.parametrize("vector", [v for v in VECTORS if "day" in v], ids=lambda v: f"F{v['function']}")
def test_a_day_is_what_stood_at_its_end(vector: dict[str, Any]) -> None:
    answer = answered(DRIVER.read_daily_freeze(METER, [1]), vector, bytes.fromhex(vector["data"]))
    at = datetime.fromisoformat(vector["measured_at"])
    told = {reading.reading_type.name: (reading.value, reading.measured_at) for reading in answer.readings}
    wanted = {name: (Decimal(text), at) for name, text in vector["expect"].items() if text is not None}
    assert told == wanted
    wrong = bytes.fromhex("221126") + bytes.fromhex(vector["data"])[3:]
    assert answered(DRIVER.read_daily_freeze(METER, [1]), vector, wrong).readings == ()


@pytest.mark.parametrize("vector", [v for v in VECTORS if "points" in v], ids=lambda v: f"F{v['function']}")
def test_a_curve_counts_from_its_start(vector: dict[str, Any]) -> None:
    start = datetime.fromisoformat(vector["start"])
    answer = answered(DRIVER.read_load_profile(METER, start, 3), vector, bytes.fromhex(vector["data"]))
    told = [(reading.value, (reading.measured_at - start).total_seconds()) for reading in answer.readings]
    assert told == [(Decimal(text), 900 * number) for number, text in enumerate(vector["points"]) if text is not None]
    wrong = bytes.fromhex("3008241126") + bytes.fromhex(vector["data"])[5:]
    assert answered(DRIVER.read_load_profile(METER, start, 3), vector, wrong).readings == ()


def test_a_value_read_against_the_standard_is_marked() -> None:
    vector = CURRENT[0]
    items = ["active_power", "reactive_power"]
    answer = answered(DRIVER.read(METER, items, ReadingSource.ON_DEMAND), vector, bytes.fromhex(vector["data"]))
    assert [reading.qualities for reading in answer.readings] == [frozenset(), {ReadingQuality.ESTIMATED}]


def test_every_function_of_the_profile_has_a_vector() -> None:
    asked = {("0C", one.function) for one in PROFILE.current}
    assert PROFILE.daily_freeze is not None
    assert PROFILE.load_profile is not None
    asked |= {("0D", function) for function in (*PROFILE.daily_freeze.functions, *PROFILE.load_profile.functions)}
    assert {(vector["afn"], vector["function"]) for vector in VECTORS} == asked
    told = {name for vector in CURRENT for name in vector["expect"]}
    assert told >= set(PROFILE.told)
    assert all(vector["source"] and vector["origin"] in ("published", "by hand") for vector in VECTORS)
