"""Messages: forms that no published frame shows, and bytes that are none."""

from __future__ import annotations

import random

import pytest

from protocols.dlt698 import apdu, dar
from protocols.dlt698.wording import refusals_of, values_of
from protocols.errors import ProtocolError, RemoteProtocolError
from tests.vectors.dlt698 import load

MESSAGES = [bytes.fromhex(vector.facts["apdu"]) for vector in load() if vector.valid]
TIME = "07EA0A07030E101A0000"


def told(text: str) -> dict[str, str | None]:
    message = apdu.parse(bytes.fromhex(text.replace(" ", "")))
    assert (message.trailing, message.lacks_time_tag) == (0, False)
    return {value.name: value.text for value in values_of(message)}


def test_a_login_tells_when_and_how_often() -> None:
    assert told(f"01 05 00 003C {TIME}") == {"kind": "login", "heartbeat": "60", "time": "2026-10-07T14:16:26"}
    assert told(f"01 05 01 003C {TIME}")["kind"] == "heartbeat"


@pytest.mark.parametrize(
    ("code", "words"), [("80", "success"), ("00", "success, clock not trusted"), ("83", "no capacity")]
)
def test_a_link_response_tells_its_result(code: str, words: str) -> None:
    assert told(f"81 05 {code} {TIME} {TIME} {TIME}")["result"] == words


def test_a_connection_tells_who_answers() -> None:
    head = b"\x82\x00" + b"ACME" + b"V1.0" + b"261124" + b"H2.0" + b"260101" + bytes(8)
    facts = told((head + b"\x00\x10" + b"\xff" * 24 + bytes.fromhex("04000400010400000000640000 0000")).hex())
    assert (facts["manufacturer"], facts["software_date"], facts["result"]) == ("ACME", "261124", "allowed")


def test_release_and_error_are_told() -> None:
    assert told("03 07 00") == {}
    assert told("83 07 00 00 00") == {"result": "0"}
    assert told("EE 07 02") == {"error": "service not supported"}


def test_a_block_of_a_long_answer_says_which_it_is() -> None:
    message = apdu.parse(bytes.fromhex("85 05 01 00 0003 01 01 200F0200 01 121388 00 00"))
    assert message.block == (3, False)
    assert [item.oad for item in message.items] == ["200F0200"]
    refused = apdu.parse(bytes.fromhex("85 05 01 01 0003 00 09 00 00"))
    assert [(refusal.oad, dar.words(refusal.code)) for refusal in refusals_of(refused)] == [
        ("", "data block not available")
    ]


def test_a_report_and_what_rides_along_are_read() -> None:
    report = apdu.parse(bytes.fromhex("88 01 01 01 200F0200 01 121388 01 01 40000200 00 06 00"))
    assert [value.text for value in values_of(report)] == ["50.00", None]
    assert [refusal.oad for refusal in refusals_of(report)] == ["40000200"]


def test_a_time_tag_is_kept() -> None:
    ask = bytes.fromhex("05010000100201")
    tag = bytes.fromhex("07EA0A070E101A010005")
    assert apdu.parse(ask + b"\x00").time_tag is None
    assert apdu.parse(ask + b"\x01" + tag).time_tag == tag
    assert apdu.parse(ask).lacks_time_tag


def test_a_set_and_an_action_tell_what_came_of_them() -> None:
    assert told("86 01 02 40000200 00 00 00") == {"clock": "success"}
    refused = apdu.parse(bytes.fromhex("86 02 02 02 40000200 03 40010200 00 00 00"))
    assert [(refusal.oad, refusal.code) for refusal in refusals_of(refused)] == [("40000200", 3)]
    assert told("87 01 02 00100100 00 01 1105 00 00") == {"00100100": "5"}


def test_the_inside_of_a_cipher_stays_closed() -> None:
    message = apdu.parse(bytes.fromhex("10 01 04 DEADBEEF 00"))
    assert (message.inner, message.undecoded, values_of(message)) == (None, bytes.fromhex("DEADBEEF00"), ())
    assert refusals_of(apdu.parse(bytes.fromhex("90 02 16 00")))[0].code == 22


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends"),
        ("FF", "unknown service 255"),
        ("85010000100201020600", "result is 2"),
        ("1000041000020500", "inside a security wrapper"),
        ("850100200F0200011213880300", "unknown follow report 3"),
        ("8503005006020002002023020000202102000102060000000100", "ends|announced"),
    ],
)
def test_bytes_that_are_no_message_are_refused(text: str, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem):
        apdu.parse(bytes.fromhex(text))


def test_a_form_that_is_not_laid_out_keeps_its_bytes() -> None:
    message = apdu.parse(bytes.fromhex("0506004000020000"))
    assert (message.service, message.items, message.undecoded) == ("GET-Request", (), bytes.fromhex("4000020000"))


def test_a_message_cut_anywhere_raises_nothing_else() -> None:
    for raw in MESSAGES:
        for cut in range(len(raw)):
            try:
                values_of(apdu.parse(raw[:cut]))
            except ProtocolError:
                continue


def test_random_and_damaged_messages_raise_nothing_else() -> None:
    chance, refused = random.Random(645), 0
    for _ in range(5000):
        raw = bytearray(chance.choice(MESSAGES))
        raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            values_of(apdu.parse(bytes(raw)))
        except ProtocolError:
            refused += 1
    assert 500 < refused < 4500
