"""Recorded questions get their recorded answers, in turn and byte for byte; everything else is unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collectors.captures.chunk import Chunk, Direction
from collectors.captures.exchanges import Answering, Exchange, Piece, Unknown, exchanges_of
from collectors.captures.sayings import Saying, understand
from protocols import dlt645
from protocols.modbus import INPUT_REGISTERS, Mbap, ReadRequest, Role, read_reply, read_request

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
UP, DOWN = Direction.FROM_METERS, Direction.TO_METERS
ENERGY, VOLTAGE = (dlt645.encode(dlt645.read("000000000001", item)) for item in ("00010000", "02010100"))
LATE = b"late"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def recorded() -> list[Exchange]:
    chunks = [
        Chunk(at(0), DOWN, ENERGY),
        Chunk(at(2), DOWN, ENERGY),
        Chunk(at(2.5), UP, b"\x68\x01"),
        Chunk(at(2.75), UP, b"\x02\x03"),
        Chunk(at(4), DOWN, VOLTAGE),
        Chunk(at(6), UP, LATE),
    ]
    return exchanges_of(chunks, understand(chunks)[1])


def test_an_answer_is_all_that_came_before_the_next_question() -> None:
    silence, cut, late = recorded()
    assert silence.pieces == ()
    assert cut.pieces == (Piece(0.5, b"\x68\x01"), Piece(0.75, b"\x02\x03"))
    assert late.pieces == (Piece(2.0, LATE),)


def test_a_tap_is_replayed_by_what_its_frames_say() -> None:
    said = [
        Saying(at(0), at(0), DOWN, 1, ENERGY),
        Saying(at(0.4), at(0.5), UP, 1, LATE),
    ]
    tapped = [Chunk(at(0), Direction.UNKNOWN, ENERGY), Chunk(at(0.5), Direction.UNKNOWN, LATE)]
    assert exchanges_of(tapped, said) == [Exchange(ENERGY, (Piece(0.5, LATE),))]


def test_a_question_is_answered_in_turn_and_then_from_the_first_on() -> None:
    answering = Answering(recorded(), "dlt645")
    sizes = [[len(answer) for answer in answering.receive(ENERGY) if isinstance(answer, tuple)] for _ in range(4)]
    assert sizes == [[0], [2], [0], [2]]


def test_a_question_may_be_cut_anywhere_and_two_may_come_at_once() -> None:
    for cut in range(1, len(VOLTAGE)):
        answering = Answering(recorded(), "dlt645")
        first, then = answering.receive(VOLTAGE[:cut]), answering.receive(VOLTAGE[cut:])
        assert [*first, *then] == [(Piece(2.0, LATE),)]
    assert Answering(recorded(), "dlt645").receive(ENERGY + VOLTAGE) == [(), (Piece(2.0, LATE),)]


def test_what_was_never_asked_is_unknown_without_its_wake_up_bytes() -> None:
    other = dlt645.encode(dlt645.read("000000000002", "00010000"))
    answering = Answering(recorded(), "dlt645")
    assert answering.receive(other) == []
    assert answering.line_idle() == [Unknown(other.lstrip(b"\xfe"))]
    answering.receive(other)
    assert answering.receive(VOLTAGE) == [Unknown(other.lstrip(b"\xfe")), (Piece(2.0, LATE),)]


def test_a_flood_is_bounded() -> None:
    answering = Answering(recorded(), "dlt645")
    for _ in range(100):
        answering.receive(bytes(1000))
    assert sum(len(unknown.raw) for unknown in answering.line_idle()) <= 4096


def test_modbus_answers_bear_the_transaction_that_is_asked_now() -> None:
    request = read_request(1, ReadRequest(INPUT_REGISTERS, 0, 2), transaction=7)
    answer = Mbap(Role.METER).encode(read_reply(request, [1, 2]))
    stale = Mbap(Role.METER).encode(read_reply(request, [3, 4])._replace(transaction=6))
    raw = Mbap(Role.MASTER).encode(request)
    answering = Answering([Exchange(raw, (Piece(0.1, stale), Piece(0.2, answer)))], "modbus-tcp")
    found = answering.receive(b"\x12\x34" + raw[2:])
    assert found == [(Piece(0.1, stale), Piece(0.2, b"\x12\x34" + answer[2:]))]
