"""Requests, the replies that answer them and those that do not, and long replies in pieces."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import (
    Frame,
    ReplyAssembler,
    address_reply,
    answers,
    edition1997,
    error_reply,
    error_word,
    read,
    read_address,
    read_follow_up,
    read_load_record,
    read_reply,
    read_request,
)
from protocols.dlt645.replies import AskNext, Complete, NotTheAnswer, Refused
from protocols.errors import LocalProtocolError, RemoteProtocolError

METER = "000000000161"
STRANGER = "000000000162"
REQUEST = read(METER, "00010000")
REPLY = read_reply(REQUEST, bytes(4))[0]


def joined(request: Frame, pieces: list[Frame]) -> Complete:
    assembler = ReplyAssembler(request)
    for number, piece in enumerate(pieces):
        outcome = assembler.accept(piece)
        if isinstance(outcome, AskNext):
            assert outcome.request == read_follow_up(piece.address, "0506FF01", number + 1)
            assert assembler.pending == outcome.request
    assert isinstance(outcome, Complete)
    return outcome


@given(st.binary(max_size=2000))
def test_a_reply_of_any_size_is_joined_from_its_pieces(payload: bytes) -> None:
    request = read(METER, "0506FF01")
    pieces = read_reply(request, payload)
    assert all(len(piece.data) <= 200 for piece in pieces)
    assert pieces[0].control == (0xB1 if len(payload) > 196 else 0x91)
    assert joined(request, pieces) == Complete(METER, payload)


def test_a_wildcard_reply_tells_the_meter_and_the_rest_is_asked_of_it() -> None:
    request = read("AAAAAAAAAAAA", "0506FF01")
    pieces = read_reply(request, bytes(300), address=METER)
    assert joined(request, pieces).address == METER


@pytest.mark.parametrize(
    "other",
    [
        REQUEST,
        read_reply(read(STRANGER, "00010000"), bytes(4))[0],
        read_reply(read(METER, "00020000"), bytes(4))[0],
        read_reply(read("AAAAAAAAAAAA", "00010000"), bytes(4))[0],
        read_reply(read("999999999999", "00010000"), bytes(4))[0],
        error_reply(read_address(), 2, address=METER),
        error_reply(read(STRANGER, "00010000"), 2),
        address_reply(METER),
        read_reply(REQUEST, bytes(300))[1],
        Frame(METER, 0x91, b"\x00"),
    ],
)
def test_what_is_not_the_answer_is_not_taken_for_it(other: Frame) -> None:
    assert not answers(REQUEST, other)
    assembler = ReplyAssembler(REQUEST)
    assert assembler.accept(other) == NotTheAnswer()
    assert assembler.accept(REPLY) == Complete(METER, bytes(4))


@pytest.mark.parametrize(
    "request_", [read_address(), read("AAAAAAAAAAAA", "00010000"), read("AAAA00000161", "00010000")]
)
def test_a_wildcard_is_answered_by_a_real_address(request_: Frame) -> None:
    reply = address_reply(METER) if request_ == read_address() else read_reply(request_, b"", address=METER)[0]
    assert answers(request_, reply)


def test_an_abbreviated_address_is_not_answered_by_other_digits() -> None:
    assert not answers(read("AAAA00000162", "00010000"), REPLY)


def test_a_repeated_piece_is_not_joined_twice() -> None:
    request = read(METER, "0506FF01")
    first, second, third = read_reply(request, bytes(range(200)) * 2 + bytes(100))
    assembler = ReplyAssembler(request)
    outcomes = [assembler.accept(piece) for piece in (first, first, second, second, first, third)]
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "AskNext", "NotTheAnswer", "AskNext", "NotTheAnswer", "NotTheAnswer", "Complete",
    ]  # fmt: skip
    assert outcomes[-1] == Complete(METER, bytes(range(200)) * 2 + bytes(100))


def test_a_piece_out_of_turn_is_not_joined() -> None:
    request = read(METER, "0506FF01")
    first, _, third = read_reply(request, bytes(500))
    assembler = ReplyAssembler(request)
    assembler.accept(first)
    assert assembler.accept(third) == NotTheAnswer()


def test_a_meter_that_never_ends_is_against_the_rules() -> None:
    request = read(METER, "0506FF01")
    assembler = ReplyAssembler(request)
    assembler.accept(Frame(METER, 0xB1, request.data))
    for sequence in range(1, 255):
        assembler.accept(Frame(METER, 0xB2, request.data + bytes([sequence])))
    with pytest.raises(RemoteProtocolError, match="255"):
        assembler.accept(Frame(METER, 0xB2, request.data + b"\xff"))


def test_a_refusal_carries_all_its_reasons() -> None:
    outcome = ReplyAssembler(REQUEST).accept(error_reply(REQUEST, 0x03))
    assert outcome == Refused(3, ("other error", "no requested data"))


def test_a_refusal_without_its_byte_is_still_a_refusal() -> None:
    assert ReplyAssembler(REQUEST).accept(Frame(METER, 0xD1)) == Refused(None, ())


def test_every_bit_of_the_error_word_has_its_own_words() -> None:
    words = [error_word.reasons(1 << bit) for bit in range(8)]
    assert len(set(words)) == 8
    assert error_word.reasons(0xFF) == tuple(word for (word,) in words)
    assert error_word.reasons(0) == ()


def test_a_1997_reply_is_joined_without_sequences() -> None:
    assembler = ReplyAssembler(edition1997.read(METER, "901F"))
    outcome = assembler.accept(Frame(METER, 0xA1, bytes.fromhex("1F90") + b"\x01\x02"))
    assert outcome == AskNext(Frame(METER, 0x02, bytes.fromhex("1F90")))
    assert assembler.accept(Frame(METER, 0x82, bytes.fromhex("1F90") + b"\x03")) == Complete(METER, b"\x01\x02\x03")


def test_the_meter_understands_what_the_master_asks() -> None:
    start = datetime(2026, 11, 24, 13, 45, tzinfo=UTC)
    asked = read_request(read_load_record(METER, "06000001", 3, start))
    assert asked is not None
    assert (asked.di, asked.blocks, asked.load_record_from) == ("06000001", 3, (2026, 11, 24, 13, 45))
    follow_up = read_request(read_follow_up(METER, "0506FF01", 7))
    assert follow_up is not None
    assert (follow_up.di, follow_up.sequence) == ("0506FF01", 7)
    latest = read_request(read_load_record(METER, "06000002", 1))
    assert latest is not None
    assert (latest.blocks, latest.load_record_from) == (1, None)


@pytest.mark.parametrize(
    "frame",
    [
        REPLY,
        read_address(),
        Frame(METER, 0x11, b"\x00"),
        Frame(METER, 0x12, bytes(4)),
        Frame(METER, 0x11, b"\xff" * 10),
    ],
)
def test_what_is_no_read_request_is_not_understood_as_one(frame: Frame) -> None:
    assert read_request(frame) is None


@pytest.mark.parametrize("di", ["0001000", "000100000", "0001000G", "00 1 0000", ""])
def test_a_wrong_identifier_is_not_asked_for(di: str) -> None:
    with pytest.raises(LocalProtocolError, match="identifier"):
        read(METER, di)


@pytest.mark.parametrize("number", [0, 256])
def test_sequences_and_blocks_are_one_byte(number: int) -> None:
    with pytest.raises(LocalProtocolError):
        read_follow_up(METER, "00010000", number)
    with pytest.raises(LocalProtocolError):
        read_load_record(METER, "06000001", number)


def test_a_reply_too_long_for_255_pieces_is_not_built() -> None:
    with pytest.raises(LocalProtocolError, match="255"):
        read_reply(REQUEST, bytes(60_000))
