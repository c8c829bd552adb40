"""Frames come out of a capture however its chunks were cut, with their times; the protocol is found by its bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collectors.captures.chunk import Chunk, Direction
from collectors.captures.sayings import UNKNOWN_PROTOCOL, understand
from protocols import dlt645
from protocols.modbus import INPUT_REGISTERS, Mbap, ReadRequest, Role, Rtu, read_reply, read_request
from tests.vectors.dlt698 import load as load_698
from tests.vectors.gdw1376 import load as load_1376

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
UP, DOWN, TAP = Direction.FROM_METERS, Direction.TO_METERS, Direction.UNKNOWN
ASKED = dlt645.encode(dlt645.read("000000000001", "00010000"))
ANSWER = dlt645.encode(dlt645.Frame("000000000001", 0x91, bytes.fromhex("0000010056341200")))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_any_split_gives_the_same_frames() -> None:
    for cut in range(1, len(ANSWER)):
        chunks = [
            Chunk(at(0), DOWN, ASKED),
            Chunk(at(0.1), UP, ANSWER[:cut]),
            Chunk(at(0.2), UP, ANSWER[cut:]),
        ]
        name, said = understand(chunks)
        assert name == "dlt645"
        assert [s.direction for s in said] == [DOWN, UP]
        assert said[1].raw == ANSWER.lstrip(b"\xfe")
        assert said[1].until == (at(0.2) if ANSWER[:cut].strip(b"\xfe") != said[1].raw else at(0.1))


def test_silence_ends_what_was_begun_and_damage_is_noise() -> None:
    damaged = ANSWER[:-2] + bytes([ANSWER[-2] ^ 1, 0x16])
    chunks = [Chunk(at(0), UP, ANSWER[:9]), Chunk(at(2), UP, ANSWER), Chunk(at(3), UP, damaged)]
    _, said = understand(chunks)
    assert [s.noise for s in said] == ["truncated", None, "checksum differs"]


def test_connections_are_not_mixed() -> None:
    halves = [ASKED[:10], ASKED[10:]]
    chunks = [Chunk(at(n), DOWN, half, connection) for n, half in enumerate(halves) for connection in (1, 2)]
    chunks = [Chunk(at(c.connection * 0.01 + (c.data == halves[1]) * 0.1), DOWN, c.data, c.connection) for c in chunks]
    _, said = understand(chunks)
    assert [(s.connection, s.noise) for s in said] == [(1, None), (2, None)]


@pytest.mark.parametrize(("framing", "name"), [(Mbap, "modbus-tcp"), (Rtu, "modbus-rtu")])
@pytest.mark.parametrize("way", ["proxy", "tap"])
def test_modbus_is_known_by_direction_and_on_a_tap(framing: type[Mbap] | type[Rtu], name: str, way: str) -> None:
    request = read_request(1, ReadRequest(INPUT_REGISTERS, 0, 2))
    asked = framing(Role.MASTER).encode(request)
    answer = framing(Role.METER).encode(read_reply(request, [17254, 13108]))
    down, up = (DOWN, UP) if way == "proxy" else (TAP, TAP)
    found, said = understand([Chunk(at(0), down, asked), Chunk(at(0.1), up, answer)])
    assert found == name
    assert [(s.direction, s.raw) for s in said] == [(DOWN, asked), (UP, answer)]


def test_the_other_protocols_are_told_apart() -> None:
    for name, vectors in (("dlt698", load_698()), ("gdw1376", load_1376())):
        raw = [v.raw for v in vectors if v.valid][:20]
        assert understand([Chunk(at(n), UP, data) for n, data in enumerate(raw)])[0] == name


def test_what_nobody_understands_is_said_as_it_came() -> None:
    name, said = understand([Chunk(at(0), TAP, b"hello"), Chunk(at(1), TAP, b"world")])
    assert name == UNKNOWN_PROTOCOL
    assert [s.raw for s in said] == [b"hello", b"world"]
    assert all(s.noise for s in said)
