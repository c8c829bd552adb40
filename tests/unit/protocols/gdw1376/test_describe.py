"""Frames in words, and which protocol a line is taken for."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.decoding import decoder
from headend.domain.reading_types import ReadingTypeTable
from protocols.dlt645 import encode as encode_645
from protocols.dlt645 import read as read_645
from protocols.gdw1376 import AddressForm, Edition, Frame, encode
from protocols.gdw1376.describe import claims, describe_line
from tests.vectors.dlt645 import load as load_645
from tests.vectors.gdw1376 import load

AUTO = decoder("auto", ReadingTypeTable(()))
LOGIN = Frame(0xC9, "4403", 4, 0, 0x02, 0x71, bytes.fromhex("00000100"))
RAW = {vector.name: vector.raw for vector in load()}


def line(data: str, afn: int = 0x00, control: int = 0x80) -> str:
    return encode(Frame(control, "4403", 4, 4, afn, 0x60, bytes.fromhex(data))).hex()


def test_the_json_has_the_keys_of_the_contract_and_our_own() -> None:
    (described,) = describe_line(encode(LOGIN).hex())
    assert described.as_json_dict(3) == {
        "line": 3,
        "valid": True,
        "protocol": "gdw1376",
        "address": "44030004",
        "control": "C9",
        "function": "link test",
        "direction": "response",
        "data_identifier": None,
        "reading_type": None,
        "value": None,
        "unit": None,
        "fields": [],
        "error": None,
        "problem": None,
        "edition": "Q/GDW 376.1",
        "afn": 2,
        "pn": [0],
        "fn": [1],
    }
    json.dumps(described.as_json_dict())


def test_the_address_has_two_forms() -> None:
    (described,) = describe_line(encode(LOGIN).hex(), form=AddressForm.DECIMAL)
    assert described.address == "440300004"


def test_the_old_protocol_is_told() -> None:
    (described,) = describe_line(encode(LOGIN._replace(edition=Edition.GDW130)).hex())
    assert (described.valid, described.edition) == (True, "Q/GDW 130")


@pytest.mark.parametrize(
    ("data", "code", "reasons"),
    [
        ("00000200", "F2", ("all denied",)),
        (
            "00000400 0C 01010103 02 00000200 00",
            "02",
            ("AFN 0C p1 F25 (measuring point now): error 2",),
        ),
    ],
)
def test_denials_are_errors(data: str, code: str, reasons: tuple[str, ...]) -> None:
    (described,) = describe_line(line(data))
    assert described.error is not None
    assert (described.error.code, described.error.reasons) == (code, reasons)


@pytest.mark.parametrize("data", ["00000100", "00000400 0C 01010103 00"])
def test_confirmations_are_none(data: str) -> None:
    (described,) = describe_line(line(data))
    assert (described.error, described.problem) == (None, None)


def test_a_link_denial_is_an_error() -> None:
    (described,) = describe_line(line("01010103", afn=0x0C, control=0x89))
    assert described.error is not None and described.error.code == "FC9"


def test_unknown_functions_stay_hex_with_a_problem() -> None:
    (described,) = describe_line(line("00000400 112233", afn=0x0C, control=0x88))
    assert described.valid
    assert [(field.name, field.value) for field in described.fields] == [("data", "112233")]
    assert described.problem == "AFN 0C F3: layout not known, 3 bytes left as they are"


def test_invalid_digits_are_a_problem_and_no_value() -> None:
    (described,) = describe_line(line("00000100 0A0000", afn=0x0D, control=0x4B))
    assert [(field.name, field.value) for field in described.fields][:1] == [("day", None)]
    assert described.problem is not None and described.problem.startswith("p0 F1 day: invalid BCD")


def test_several_units_are_told_apart() -> None:
    (described,) = describe_line(line("00004000 0102 00004000 0304", afn=0x0C, control=0x88))
    assert [field.name for field in described.fields][::2] == ["p0.f7.event_counter_important"] * 2


def test_the_password_is_not_shown() -> None:
    frame = Frame(0x4A, "0200", 1, 2, 0x05, 0x70, bytes.fromhex("01010200") + b"\xa5" * 16)
    assert "A5A5" not in json.dumps(describe_line(encode(frame).hex())[0].as_json_dict())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("zz", "not hex: 'z'"),
        ("683", "odd number of hex digits: 3"),
        ("1122", "no start delimiter 68"),
        ("6832", "truncated in the header: 2 bytes"),
        ("683200330068C9", "the two lengths differ: 32 00 and 33 00"),
        ("683000300068C9", "protocol 00 is neither Q/GDW 130 (01) nor Q/GDW 376.1 (10)"),
        ("680A000A0068C9", "L says 2 bytes, but C to SEQ alone are 8"),
        (encode(LOGIN).hex()[:-2], "truncated: L says 12 bytes, then checksum and end byte; only 13 bytes follow"),
        (encode(LOGIN).hex()[:-2] + "17", "end byte is 17, should be 16"),
        (encode(LOGIN).hex() + "AB", "1 byte left over after the end byte: AB"),
    ],
)
def test_problems_are_named(text: str, problem: str) -> None:
    (described,) = describe_line(text)
    assert (described.valid, described.problem, described.fields) == (False, problem, ())


def test_a_blank_line_is_nothing_and_two_frames_are_two() -> None:
    assert describe_line("  ") == []
    assert [d.valid for d in describe_line(encode(LOGIN).hex() * 2)] == [True, True]


@given(st.binary(max_size=80), st.integers(0, 80))
def test_any_bytes_are_described_without_an_exception(noise: bytes, cut: int) -> None:
    assert describe_line((noise + RAW["read-f25-resp"][:cut]).hex()) or not noise
    claims(noise.hex())


@pytest.mark.parametrize("vector", load(), ids=lambda vector: vector.name)
def test_auto_takes_our_frames_whole_or_broken(vector: object) -> None:
    (described,) = AUTO(vector.raw.hex())  # type: ignore[attr-defined]
    assert (described["protocol"], described["valid"]) == ("gdw1376", vector.valid)  # type: ignore[attr-defined]


def test_auto_leaves_dlt645_its_own() -> None:
    lines = [vector.raw.hex() for vector in load_645() if vector.valid]
    assert len(lines) > 190
    assert {AUTO(text)[0]["protocol"] for text in lines} == {"dlt645", "dlt645-1997"}
    looks_alike = AUTO(encode_645(read_645("006812341234", "00010000"), preamble=0).hex())[0]
    assert (looks_alike["protocol"], looks_alike["valid"]) == ("dlt645", True)


def test_what_a_broken_frame_wraps_is_not_believed() -> None:
    whole = RAW["fwd645-read-resp"]
    bits = int.from_bytes(whole, "big")
    wrong = [(bits ^ 1 << bit).to_bytes(len(whole), "big").hex() for bit in range(8 * len(whole))]
    assert [text for text in wrong if any(frame["valid"] for frame in AUTO(text))] == []
    assert AUTO(whole[21:41].hex())[0]["valid"]  # the control: alone, the inner frame is one of DL/T 645


def test_the_vectors_say_where_they_come_from() -> None:
    document = json.loads((Path(__file__).parents[3] / "vectors/gdw1376/frames.json").read_text(encoding="utf-8"))
    assert all(frame["source"] for frame in document["frames"])
