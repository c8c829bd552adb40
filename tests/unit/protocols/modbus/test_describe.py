"""RTU frames in words for `headend decode`; DL/T 645 is never mistaken for Modbus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headend import shipped
from headend.decoding import decoder
from protocols.dlt645 import encode, read
from protocols.dlt645.describe import describe_line as describe_dlt645
from protocols.modbus.describe import describe_line
from protocols.modbus.rtu import crc

GOLDEN = "010404436633341B38"
VECTORS = Path(__file__).parents[3] / "vectors" / "dlt645"
AUTO = decoder("auto", shipped.reading_types(shipped.config_root()))


def test_a_response_tells_its_registers() -> None:
    (frame,) = describe_line(GOLDEN)
    found = frame.as_json_dict(3)
    assert (found["line"], found["valid"], found["address"], found["control"]) == (3, True, "1", "04")
    assert (found["function"], found["direction"]) == ("read input registers", "response")
    assert found["fields"] == [
        {"name": "register_0", "value": "17254", "unit": ""},
        {"name": "register_1", "value": "13108", "unit": ""},
    ]


def test_it_has_the_keys_of_every_protocol() -> None:
    keys = list(describe_line(GOLDEN)[0].as_json_dict(1))
    assert keys == list(describe_dlt645("68")[0].as_json_dict(1))


def test_a_request_tells_address_and_count() -> None:
    (frame,) = describe_line("01 04 00 00 00 02 71 CB")
    assert frame.direction == "request"
    assert frame.fields == (("address", "0"), ("count", "2"))


def test_a_refusal_tells_the_exception() -> None:
    (frame,) = describe_line("018402C2C1")
    found = frame.as_json_dict()
    assert found["error"] == {"code": "02", "reasons": ["illegal data address"]}
    assert (found["valid"], found["function"]) == (True, "read input registers, refused")


def test_several_frames_of_a_line_are_told_one_by_one() -> None:
    assert [frame.direction for frame in describe_line("01040000000271CB" + GOLDEN)] == ["request", "response"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("010404436633341B39", "CRC is 1B39, should be 1B38"),
        ("0104", "2 bytes, the shortest frame has 4"),
        ("01040", "odd number of hex digits: 5"),
        ("hello", "not hex: 'h'"),
        ("00" * 300, "300 bytes, the longest frame has 256"),
    ],
)
def test_what_is_no_frame_says_why(text: str, problem: str) -> None:
    (frame,) = describe_line(text)
    assert (frame.valid, frame.problem) == (False, problem)


def test_what_follows_the_last_frame_is_invalid() -> None:
    assert [frame.valid for frame in describe_line(GOLDEN + "0102030405")] == [True, False]


def test_auto_takes_whole_modbus_lines_only() -> None:
    assert AUTO(GOLDEN)[0]["protocol"] == "modbus-rtu"
    assert AUTO(GOLDEN + "00")[0]["protocol"] == "dlt645"
    assert AUTO("010404436633341B39")[0]["protocol"] == "dlt645"


def test_auto_never_takes_a_dlt645_line_whole_or_damaged() -> None:
    lines = [vector["hex"] for vector in json.loads((VECTORS / "edition2007.json").read_text())["frames"]]
    assert len(lines) > 50
    for line in lines:
        for text in (line, line[:-2] + "17", "FE" + line, line + "00"):
            assert all(frame["protocol"].startswith("dlt645") for frame in AUTO(text)), text


def test_auto_leaves_a_dlt645_header_alone_even_when_the_crc_of_modbus_is_right() -> None:
    body = encode(read("000000000001", "00010000"), preamble=0)[:-1]  # its end byte is missing
    assert describe_line((body + crc(body)).hex())[0].valid
    assert AUTO((body + crc(body)).hex())[0]["protocol"] == "dlt645"
