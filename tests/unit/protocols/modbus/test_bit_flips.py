"""Damage of one and of two bits anywhere in an RTU frame: the CRC finds every one, and no other frame appears."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from protocols.modbus import Connection, Frame, FrameReceived, ReadRequest, Role, Rtu, read_reply, read_request
from protocols.modbus.describe import describe_line
from protocols.modbus.reads import exception_reply

ASK = read_request(17, ReadRequest(4, 72, 4))
REPLIES = [
    read_reply(read_request(1, ReadRequest(4, 0, 2)), [0x4366, 0x3334]),
    read_reply(ASK, [0x461C, 0x3C7B, 0x0000, 0x0000]),
    exception_reply(ASK, 2),
]
FRAMES = [(Role.MASTER, reply) for reply in REPLIES] + [(Role.METER, ASK)]


def damaged(raw: bytes, bits: int) -> Iterator[bytes]:
    whole = int.from_bytes(raw, "big")
    for places in combinations(range(8 * len(raw)), bits):
        yield (whole ^ sum(1 << place for place in places)).to_bytes(len(raw), "big")


def accepted(role: Role, raw: bytes) -> bool:
    connection = Connection(Rtu(role))
    events = connection.receive(raw) + connection.line_idle()
    return any(isinstance(event, FrameReceived) for event in events)


@pytest.mark.parametrize(("role", "frame"), FRAMES)
@pytest.mark.parametrize("bits", [1, 2])
def test_none_is_accepted(role: Role, frame: Frame, bits: int) -> None:
    raw = Rtu(role).encode(frame)
    assert accepted(role, raw)
    assert [wrong.hex() for wrong in damaged(raw, bits) if accepted(role, wrong)] == []


@pytest.mark.parametrize(("role", "frame"), FRAMES)
def test_none_is_decoded(role: Role, frame: Frame) -> None:
    raw = Rtu(role).encode(frame)
    assert describe_line(raw.hex())[0].valid
    assert [wrong.hex() for wrong in damaged(raw, 1) if any(d.valid for d in describe_line(wrong.hex()))] == []
