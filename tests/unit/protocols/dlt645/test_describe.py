"""Frames in words: every frame of a line, why a line is bad, and nothing but descriptions for any input."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.dlt645 import (
    Connection,
    Frame,
    address_reply,
    encode,
    error_reply,
    read,
    read_address,
    read_follow_up,
    read_reply,
)
from protocols.dlt645.data_identifiers import encode_values
from protocols.dlt645.describe import DescribedField, FrameDescription, describe, describe_line
from protocols.dlt645.edition import Edition

METER = "000000000161"
REQUEST = read(METER, "00010000")
REPLY = read_reply(REQUEST, bytes.fromhex("78563412"))[0]
RAW = encode(REPLY, preamble=0)
KEYS = [
    "line", "valid", "protocol", "address", "control", "function", "direction", "data_identifier", "reading_type",
    "value", "unit", "fields", "error", "problem",
]  # fmt: skip


def only(text: str, edition: str = "auto") -> FrameDescription:
    (description,) = describe_line(text, edition)
    return description


def test_an_energy_reply_in_words() -> None:
    assert only(RAW.hex()).as_json_dict(line=3) == {
        "line": 3,
        "valid": True,
        "protocol": "dlt645",
        "address": "000000000161",
        "control": "91",
        "function": "read data",
        "direction": "response",
        "data_identifier": "00010000",
        "reading_type": "active_energy_import",
        "value": "123456.78",
        "unit": "kWh",
        "fields": [],
        "error": None,
        "problem": None,
    }


def test_a_block_reply_has_fields() -> None:
    reply = read_reply(read(METER, "0201FF00"), bytes.fromhex("5622FFFF0000"))[0]
    description = only(encode(reply).hex())
    assert (description.value, description.unit, description.problem) == (None, None, None)
    assert description.fields == (
        DescribedField("voltage_l1", "225.6", "V"),
        DescribedField("voltage_l2", None, "V"),
        DescribedField("voltage_l3", "0.0", "V"),
    )


def test_a_refusal_has_its_reasons() -> None:
    document = only(encode(error_reply(REQUEST, 0x03)).hex()).as_json_dict()
    assert document["error"] == {"code": "03", "reasons": ["other error", "no requested data"]}
    assert (document["value"], document["problem"]) == (None, None)


@pytest.mark.parametrize(
    ("frame", "function", "direction", "value"),
    [
        (read_address(), "read address", "request", None),
        (address_reply(METER), "read address", "response", METER),
        (read_follow_up(METER, "00010000", 7), "read follow-up data", "request", "7"),
        (Frame(METER, 0x93, b"\x01"), "read address", "response", None),
        (Frame(METER, 0x1C, bytes(16)), "switch supply", "request", None),
        (Frame(METER, 0x94), "write data", "response", None),
        (Frame(METER, 0x1F), "unknown function 1F", "request", None),
    ],
)
def test_functions_in_words(frame: Frame, function: str, direction: str, value: str | None) -> None:
    description = only(encode(frame).hex())
    assert (description.function, description.direction, description.value) == (function, direction, value)


def test_a_write_shows_who_writes_and_what() -> None:
    write = Frame(METER, 0x14, bytes.fromhex("0101000402112233") + bytes(4) + bytes.fromhex("02241126"))
    description = only(encode(write).hex())
    assert (description.data_identifier, description.reading_type) == ("04000101", "clock_date")
    assert [(field.name, field.value) for field in description.fields] == [
        ("password_level", "02"),
        ("password", "332211"),
        ("operator_code", "00000000"),
        ("clock_date", "2026-11-24"),
        ("clock_weekday", "2"),
    ]


def test_a_piece_of_a_longer_reply_gives_no_values() -> None:
    first, second = read_reply(read(METER, "0001FF00"), bytes(240))
    for piece in (first, second):
        description = only(encode(piece).hex())
        assert (description.valid, description.fields, description.problem) == (True, (), None)
    assert only(encode(first).hex()).follow_up


def test_data_that_is_no_value_is_told_and_the_frame_stays_valid() -> None:
    for payload, problem in (
        ("FFFFFFFF", "active_energy_import: not present"),
        ("00000E00", "active_energy_import: invalid BCD"),
        ("0000", "active_energy_import: 2 bytes of data do not fit, expected 4"),
    ):
        description = only(encode(read_reply(REQUEST, bytes.fromhex(payload))[0]).hex())
        assert (description.valid, description.value, description.problem) == (True, None, problem)


@pytest.mark.parametrize(
    "text",
    [
        RAW.hex(" "),
        RAW.hex().upper(),
        "0x" + RAW.hex(),
        " ".join(f"0x{byte:02X}" for byte in RAW),
        ", ".join(f"{byte:02x}" for byte in RAW) + "\r\n",
        RAW.hex("-"),
        "FEFEFEFE" + RAW.hex(),
        "00FF" + RAW.hex(),
        "68" + RAW.hex() + "FEFE",
    ],
)
def test_hex_may_be_written_in_many_ways(text: str) -> None:
    assert only(text) == only(RAW.hex())


def test_every_frame_of_a_line_is_described() -> None:
    descriptions = describe_line((encode(REQUEST) + encode(REPLY)).hex())
    assert [(d.direction, d.value) for d in descriptions] == [("request", None), ("response", "123456.78")]


def test_a_broken_frame_among_good_ones_is_described_in_its_place() -> None:
    broken = RAW[:-2] + bytes([RAW[-2] ^ 0xFF]) + RAW[-1:]
    descriptions = describe_line((RAW + broken + RAW).hex())
    assert [d.valid for d in descriptions] == [True, False, True]
    assert descriptions[1].problem == f"checksum is {RAW[-2] ^ 0xFF:02X}, should be {RAW[-2]:02X}"
    assert (descriptions[1].address, descriptions[1].control, descriptions[1].value) == (METER, "91", None)


def test_bytes_left_over_spoil_the_line() -> None:
    for tail in ("00", "AABBCC", "68", "16"):
        description = only(RAW.hex() + tail)
        assert (description.valid, description.value, description.fields) == (False, None, ())
        assert description.problem is not None
        assert description.problem.endswith(f"left over after the end byte: {bytes.fromhex(tail).hex(' ').upper()}")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "no frame: nothing but preamble"),
        ("0102", "no start delimiter 68"),
        ("6801", "truncated in the header: 2 bytes"),
        ("6801020304050667", "start delimiters 68 are not at bytes 0 and 7 of a frame"),
        ("680102030405066891", "truncated in the header: 9 bytes"),
        ("68010203040506689108", "truncated: L says 8 bytes of data, then checksum and end byte; only 0 bytes follow"),
        ("680102030405066891C9" + "00" * 203, "L says 201 bytes of data, at most 200 are allowed"),
        ("6801020304050668910100E117", "end byte is 17, should be 16"),
        ("6801020304050668910100E1170016", "longer than L says: 2 bytes more than the 1 of data announced"),
        ("6801020304050668910100E116", "checksum is E1, should be 77"),
    ],
)
def test_the_reason_is_precise(raw: str, problem: str) -> None:
    description = only("FEFE" + raw)
    assert (description.valid, description.problem) == (False, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("681", "odd number of hex digits: 3"),
        ("68 zz", "not hex: 'z'"),
        ("６８", "not hex: '６'"),
        ("{}", "not hex: '{'"),
    ],
)
def test_what_is_no_hex_is_told(text: str, problem: str) -> None:
    assert only(text) == FrameDescription(False, "dlt645", problem=problem)


def test_a_blank_line_holds_nothing() -> None:
    assert describe_line("  \r\n") == []


def test_the_edition_may_be_set() -> None:
    frame = Frame(METER, 0x81, bytes.fromhex("109001000000"))
    assert only(encode(frame).hex()).data_identifier == "9010"
    assert only(encode(frame).hex(), "dlt645-1997").value == "0.01"
    as_2007 = only(encode(frame).hex(), "dlt645")
    assert (as_2007.protocol, as_2007.function, as_2007.value) == ("dlt645", "unknown function 01", None)
    with pytest.raises(ValueError, match="modbus"):
        describe_line("68", "modbus")


def test_events_of_a_line_can_be_described_one_by_one() -> None:
    connection = Connection()
    events = connection.receive(b"\x68" + RAW + RAW[:5]) + connection.line_idle()
    descriptions = [describe(event, Edition.OF_2007) for event in events]
    assert [d.valid for d in descriptions] == [False, True, False]
    assert descriptions[1] == describe(RAW)


@given(st.binary(max_size=300))
@example(b"\x68" * 40)
@example(b"\xfe" * 40)
def test_any_bytes_give_descriptions(raw: bytes) -> None:
    descriptions = describe_line(raw.hex())
    assert all(d.valid or d.problem for d in descriptions)
    assert (len(descriptions) == 0) == (raw == b"")
    for description in descriptions:
        document = description.as_json_dict(1)
        assert list(document) == KEYS
        json.dumps(document)


@given(st.text(max_size=60))
def test_any_text_gives_descriptions(text: str) -> None:
    for description in describe_line(text):
        assert description.valid or description.problem


@given(st.integers(0, 255), st.binary(max_size=60), st.sampled_from(list(Edition)))
def test_any_valid_frame_is_described(control: int, data: bytes, edition: Edition) -> None:
    frame = Frame(METER, control, data[:50])
    description = only(encode(frame).hex(), edition)
    assert (description.valid, description.address, description.control) == (True, METER, f"{control:02X}")


@given(st.sampled_from(["00010000", "0001FF00", "02030000", "05060101"]), st.integers(0, 79_99_99))
def test_values_are_shown_as_they_were_encoded(di: str, scaled: int) -> None:
    payload = encode_values(di, [f"{scaled // 10_000}.{scaled % 100:02d}" if di != "02030000" else "1.2345"])
    description = only(encode(read_reply(read(METER, di), payload)[0]).hex())
    assert description.value in (f"{scaled // 10_000}.{scaled % 100:02d}", "1.2345")
