"""A request until its whole answer: pieces, blocks, wrappers; and what is out of turn or for others is no answer."""

from __future__ import annotations

import random

import pytest

from protocols.dlt698 import Complete, Fragment, Frame, Piece, Refused, ReplyAssembler, ServerAddress, get, get_next
from protocols.dlt698.frame import SPLIT, fragment_to_data, parse
from protocols.errors import RemoteProtocolError
from tests.vectors.dlt698 import load

ASK = get("000000000001", ["20000201", "200F0200"], number=5)
WHOLE = bytes.fromhex("850205 02 20000201 01 1208FD 200F0200 01 121388 0000")
TOLD = [("20000201", 2301), ("200F0200", 5000)]


def reply(data: bytes | str, control: int = 0xC3) -> Frame:
    return Frame(control, ASK.server, ASK.client, data if isinstance(data, bytes) else bytes.fromhex(data))


def piece(number: int, kind: Piece, data: bytes) -> Frame:
    return reply(fragment_to_data(Fragment(number, kind, data)), 0xC3 | SPLIT)


def block(number: int, content: str, *, last: int = 0) -> Frame:
    return reply(f"850505 {last:02X} {number:04X} {content} 0000")


FIRST, SECOND = "01 01 20000201 01 1208FD", "01 01 200F0200 01 121388"


def told(outcome: object) -> list[tuple[str, object]]:
    assert isinstance(outcome, Complete)
    return [(item.oad, item.data.value if item.data else None) for item in outcome.items]


def test_one_frame_is_the_whole_answer() -> None:
    assembler = ReplyAssembler(ASK)
    assert assembler.pending is ASK
    assert assembler.answers(reply(WHOLE))
    assert told(assembler.take(reply(WHOLE))) == TOLD


@pytest.mark.parametrize("cut", range(3, len(WHOLE) - 3))
def test_pieces_are_confirmed_one_by_one(cut: int) -> None:
    pieces = [
        piece(0, Piece.FIRST, WHOLE[:cut]),
        piece(1, Piece.MIDDLE, WHOLE[cut : cut + 2]),
        piece(2, Piece.LAST, WHOLE[cut + 2 :]),
    ]
    assembler = ReplyAssembler(ASK)
    for number, one in enumerate(pieces[:2]):
        assert not any(assembler.answers(other) for other in [reply(WHOLE)] * number + pieces if other is not one)
        assert assembler.answers(one)
        assert assembler.take(one) is None
        assert (assembler.pending.control, assembler.pending.data.hex()) == (0x63, f"{number:02x}80")
    assert told(assembler.take(pieces[2])) == TOLD


def test_blocks_are_asked_for_one_by_one() -> None:
    assembler = ReplyAssembler(ASK)
    assert not assembler.answers(block(2, SECOND))
    assert assembler.answers(block(1, FIRST))
    assert assembler.take(block(1, FIRST)) is None
    assert assembler.pending == get_next("000000000001", 1, number=5)
    for wrong in (block(1, FIRST), block(3, SECOND), reply(WHOLE), reply(b"\x85\x05\x06" + block(2, SECOND).data[3:])):
        assert not assembler.answers(wrong)
    assert assembler.answers(block(2, SECOND, last=1))
    assert told(assembler.take(block(2, SECOND, last=1))) == TOLD


def test_a_block_may_come_in_pieces() -> None:
    data = block(0, FIRST).data
    assembler = ReplyAssembler(ASK)
    assert assembler.take(piece(0, Piece.FIRST, data[:9])) is None
    assert assembler.take(piece(1, Piece.LAST, data[9:])) is None
    assert assembler.pending.data[:2] == b"\x05\x05"


def test_a_refused_block_refuses_the_whole() -> None:
    assembler = ReplyAssembler(ASK)
    assert assembler.take(block(0, "00 09", last=1)) == Refused("data block not available")


def test_blocks_without_end_are_given_up() -> None:
    assembler = ReplyAssembler(ASK)
    with pytest.raises(RemoteProtocolError, match="more than 256 blocks"):
        for number in range(300):
            assembler.take(block(number, FIRST))


@pytest.mark.parametrize("data", ["9000 1F {} 01 04 DEADBEEF", "9000 811F {} 00", "9000 1F {}"])
def test_a_plain_wrapper_is_opened(data: str) -> None:
    wrapped = reply(data.format((WHOLE + b"").hex()).replace("1F", f"{len(WHOLE):02X}"))
    assembler = ReplyAssembler(ASK)
    assert assembler.answers(wrapped)
    assert told(assembler.take(wrapped)) == TOLD
    other = WHOLE[:2] + b"\x06" + WHOLE[3:]
    assert not assembler.answers(wrapped._replace(data=wrapped.data.replace(WHOLE, other)))


def test_the_published_wrapper_is_opened() -> None:
    vector = next(v for v in load() if v.facts.get("service") == "SECURITY-Response" and v.valid)
    frame = parse(vector.raw)
    inner = frame.data[3:] if frame.data[2] < 0x80 else frame.data[4:]
    request = ASK._replace(server=frame.server, client=frame.client, data=b"\x05" + inner[1:3] + b"\x00")
    assembler = ReplyAssembler(request)
    assert assembler.answers(frame._replace(control=0xC3))
    assert isinstance(assembler.take(frame._replace(control=0xC3)), Complete)


def test_what_a_cipher_or_an_unknown_form_holds_is_no_answer() -> None:
    assert not ReplyAssembler(ASK).answers(reply("9001 04 DEADBEEF 00"))
    assert not ReplyAssembler(ASK).answers(reply("850605 00"))


@pytest.mark.parametrize(("data", "reason"), [("EE 05 01", "message cannot be parsed"), ("9002 0F", "password wrong")])
def test_a_refusal_has_a_reason(data: str, reason: str) -> None:
    assembler = ReplyAssembler(ASK)
    assert assembler.answers(reply(data))
    outcome = assembler.take(reply(data))
    assert isinstance(outcome, Refused)
    assert reason in outcome.reason


@pytest.mark.parametrize("data", ["", "85", "EE", "EE 06 01", "90", "9000", "9000 85", "9000 05 EE"])
def test_scraps_are_no_answer(data: str) -> None:
    assert not ReplyAssembler(ASK).answers(reply(data))
    assert not ReplyAssembler(ASK).answers(reply(data)._replace(control=0xC3 | SPLIT))


@pytest.mark.parametrize("control", [0xC3, 0xE3])
def test_damaged_answers_raise_nothing_but_their_own_error(control: int) -> None:
    chance, outcomes = random.Random(698), {Complete: 0, RemoteProtocolError: 0}
    heads = (WHOLE, block(1, FIRST).data, bytes.fromhex("90001F") + WHOLE + b"\x00", bytes.fromhex("EE0501"))
    for _ in range(20_000):
        raw = bytearray(chance.choice(heads))
        raw[chance.randrange(len(raw))] = chance.randrange(256)
        raw = raw[: chance.randrange(len(raw) + 1)] if chance.random() < 0.3 else raw
        assembler = ReplyAssembler(ASK)
        frame = reply(b"\x00\x00" + raw if control & SPLIT else bytes(raw), control)
        if not assembler.answers(frame):
            continue
        try:
            outcomes[Complete] += isinstance(assembler.take(frame), Complete)
        except RemoteProtocolError:
            outcomes[RemoteProtocolError] += 1
    assert control & SPLIT or min(outcomes.values()) > 100


def test_a_datum_too_short_shows_in_the_trailer() -> None:
    """Found by a wrong 48.64 Hz: the last byte of the value came from the trailer, and only the time tag missed."""
    assembler = ReplyAssembler(get("000000000001", ["200F0200"], number=5))
    with pytest.raises(RemoteProtocolError, match="time tag byte is missing"):
        assembler.take(reply("850105 200F0200 01 1213 0000"))


def test_pieces_of_two_meters_are_no_answer_of_one() -> None:
    assembler = ReplyAssembler(get("AAAAAAAAAAAA", ["20000201", "200F0200"], number=5))
    assembler.take(piece(0, Piece.FIRST, WHOLE[:9]))
    other = piece(1, Piece.LAST, WHOLE[9:])._replace(server=ServerAddress("000000000002"))
    with pytest.raises(RemoteProtocolError, match="two peers"):
        assembler.take(other)
