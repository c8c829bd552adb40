"""What `headend decode` says of DL/T 698.45: values, refusals, damage, and which lines `auto` takes."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from headend import shipped
from headend.decoding import decoder
from protocols.dlt698 import Frame, ServerAddress, encode
from protocols.dlt698.describe import describe_line
from tests.vectors.dlt698 import load

AUTO = decoder("auto", shipped.reading_types(shipped.config_root()))
OTHERS = Path(__file__).parents[3] / "vectors" / "dlt645"
VECTORS = {vector.name: vector for vector in load()}
REPLY = VECTORS["get-00100201-resp"].raw


def test_a_reply_tells_its_value() -> None:
    (frame,) = describe_line("FE FE FE FE " + REPLY.hex(" "))
    assert frame.as_json_dict(7) == {
        "line": 7,
        "valid": True,
        "protocol": "dlt698",
        "address": "000000000000",
        "control": "C3",
        "function": "user data, reply of the server",
        "direction": "response",
        "data_identifier": None,
        "reading_type": "active_energy_import",
        "value": "1234.56",
        "unit": "kWh",
        "fields": [],
        "error": None,
        "problem": None,
        "service": "GET-Response",
        "oads": ["00100201"],
    }


def test_a_list_tells_each_value_and_what_was_refused() -> None:
    told = describe_line(VECTORS["get-list-resp-dar4"].raw.hex())[0].as_json_dict()
    assert told["oads"] == ["20000200", "20140200", "200F0200"]
    assert told["error"] == {"code": "04", "reasons": ["20140200: object undefined"]}
    values = {field["name"]: field["value"] for field in told["fields"]}
    assert values == {
        "voltage_l1": "241.3",
        "voltage_l2": "241.4",
        "voltage_l3": "241.5",
        "status_word": None,
        "frequency": "50.00",
    }


def test_a_refused_read_has_a_reason_and_no_value() -> None:
    frame = Frame(0xC3, ServerAddress("000000000001"), 0x10, bytes.fromhex("85010000100201000600 00"))
    told = describe_line(encode(frame).hex())[0].as_json_dict()
    assert (told["valid"], told["value"]) == (True, None)
    assert told["error"] == {"code": "06", "reasons": ["object does not exist"]}


def test_a_time_that_no_calendar_has_is_told_and_no_value() -> None:
    told = describe_line(VECTORS["set-time"].raw.hex())[0]
    assert (told.valid, told.reading_type, told.value) == (True, "clock", None)
    assert told.problem == "clock: 8214-01-32T22:39:17 is no time"


def test_a_message_nobody_knows_is_a_valid_frame_with_a_problem() -> None:
    frame = Frame(0xC3, ServerAddress("12"), 0, bytes.fromhex("8501000010020101FF"))
    told = describe_line(encode(frame).hex())[0]
    assert (told.valid, told.service, told.problem) == (True, "GET-Response", "unknown data type 255")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("xyz", "not hex: 'x'"),
        ("681", "odd number of hex digits: 3"),
        ("FEFE", "no frame: nothing but preamble"),
        ("0102", "no start delimiter 68"),
        (REPLY.hex() + "0102", "2 bytes left over after the end byte: 01 02"),
    ],
)
def test_a_line_that_is_no_frame_says_why(text: str, problem: str) -> None:
    (told,) = describe_line(text)
    assert (told.valid, told.problem, told.value, told.fields) == (False, problem, None, ())


def test_a_blank_line_has_no_frames_and_two_frames_are_two() -> None:
    assert describe_line(" \t") == []
    assert [frame.valid for frame in describe_line(REPLY.hex() * 2)] == [True, True]
    assert [frame.valid for frame in describe_line(REPLY.hex() + REPLY.hex()[:-2])] == [True, False]


def test_auto_takes_its_frames_whole_or_damaged_behind_a_true_header() -> None:
    for vector in VECTORS.values():
        if vector.valid:
            for text in (vector.raw.hex(), "FEFE" + vector.raw.hex(), vector.raw.hex()[:-2] + "17"):
                assert {frame["protocol"] for frame in AUTO(text)} == {"dlt698"}, vector.name


def test_auto_takes_the_outer_frame_and_not_one_that_it_carries() -> None:
    meter = bytes.fromhex("6801000000000068110433333433B316")
    assert AUTO(meter.hex())[0]["protocol"] == "dlt645"
    carried = bytes.fromhex("0701010000010009") + bytes([len(meter)]) + meter + b"\x00"
    outer = encode(Frame(0x43, ServerAddress("000000000001"), 0x10, carried)).hex()
    assert [(frame["protocol"], frame["valid"]) for frame in AUTO(outer)] == [("dlt698", True)]


def test_auto_never_takes_a_dlt645_line() -> None:
    lines = [
        vector["hex"]
        for name in ("edition2007.json", "edition1997.json")
        for vector in json.loads((OTHERS / name).read_text(encoding="utf-8"))["frames"]
    ]
    assert len(lines) > 200
    for line in lines:
        assert not any(frame.valid for frame in describe_line(line))
        for text in (line, line[:-2] + "17", line + "00"):
            assert all(frame["protocol"].startswith("dlt645") for frame in AUTO(text)), text


def test_any_text_and_any_bytes_are_described() -> None:
    chance = random.Random(1)
    for _ in range(300):
        noise = chance.randbytes(chance.randrange(200)).replace(b"\x00", b"\x68")
        assert not any(frame.valid for frame in describe_line(noise.hex()))
        (whole,) = describe_line(encode(Frame(0xC3, ServerAddress("12"), 0, b"\x85" + noise)).hex())
        json.dumps(whole.as_json_dict()).encode()
