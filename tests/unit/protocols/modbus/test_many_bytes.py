"""Long buffers: the same events as byte by byte, in steps that no byte can make more; sizes as pymodbus has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from protocols.modbus import Connection, Event, Framing, Mbap, Role, Rtu
from protocols.modbus import connection as link
from protocols.modbus.crc import crc, crcs
from protocols.modbus.describe import describe_line
from protocols.modbus.frame import EXCEPTION
from protocols.modbus.message_size import SAID_TO
from tests.unit.protocols.modbus.frames import GOLDEN, REPLY_ALL

ALL = 1 << 16
FRAMINGS = [Rtu(Role.MASTER), Rtu(Role.METER), Mbap(Role.MASTER), Mbap(Role.METER)]
REFUSAL = b"\x01\x83\x02" + crc(b"\x01\x83\x02")
PATTERNS = {
    "zeros": b"\0",
    "all FF": b"\xff",
    "valid frames": GOLDEN,
    "shortest frames": REFUSAL,
    "frames with noise": REFUSAL + b"\xff",
    "headers of long responses": b"\x01\x04\xfa",
    "headers one in another": b"\x04\x04\xf8",
    "headers of long requests": b"\x01\x15\xfb",
    "headers of TCP": bytes.fromhex("0001000000FE0104FB"),
    "TCP frames": Mbap(Role.METER).encode(REPLY_ALL),
    "random": Random(645).randbytes(ALL),
}
PARTS = [GOLDEN, REFUSAL, b"\x01\x04\x50", b"\xff", b"\x00\x01\x00\x00\x00\x03", b"\x07"]
BY_PATTERN = pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)


def heard(framing: Framing, pieces: Sequence[bytes]) -> list[Event]:
    connection = Connection(framing)
    return [event for piece in pieces for event in connection.receive(piece)] + connection.line_idle()


def filled(pattern: bytes, size: int) -> bytes:
    return (pattern * (size // len(pattern) + 1))[:size]


def cut(raw: bytes, size: int) -> Iterator[bytes]:
    return (raw[n : n + size] for n in range(0, len(raw), size))


@BY_PATTERN
@pytest.mark.parametrize("framing", FRAMINGS, ids=lambda f: type(f).__name__)
def test_a_long_buffer_gives_the_same_events_as_short_pieces(framing: Framing, pattern: bytes) -> None:
    raw = filled(pattern, 9_000)
    assert heard(framing, [raw]) == heard(framing, list(cut(raw, 40)))


@settings(max_examples=25)
@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=9), min_size=60, max_size=90))
def test_any_mixture_gives_the_same_events(parts: list[bytes]) -> None:
    raw = b"".join(parts) * 3
    for framing in FRAMINGS:
        assert heard(framing, [raw]) == heard(framing, list(cut(raw, 13)))


class Counted:
    """A framing that counts how often it is asked for a single place, and for all places at once."""

    def __init__(self, framing: Framing) -> None:
        self._framing, self.single, self.at_once = framing, 0, 0
        self.parse, self.encode = framing.parse, framing.encode

    def frame_end(self, buffer: bytes | bytearray, start: int) -> int:
        self.single += 1
        return self._framing.frame_end(buffer, start)

    def frame_ends(self, buffer: bytes) -> link.Endings:
        self.at_once += 1
        return self._framing.frame_ends(buffer)


@BY_PATTERN
@pytest.mark.parametrize("framing", FRAMINGS, ids=lambda f: type(f).__name__)
def test_64_kib_are_looked_at_once_and_hardly_any_place_alone(framing: Framing, pattern: bytes) -> None:
    counted = Counted(framing)
    connection = Connection(counted)
    connection.receive(filled(pattern, ALL))
    assert (counted.at_once, counted.single) == (1, 0)
    connection.line_idle()
    assert counted.at_once + counted.single <= 2 * link.LONG


def test_byte_by_byte_as_many_places_are_looked_at_as_there_are_bytes() -> None:
    counted = Counted(Rtu(Role.MASTER))
    heard(counted, list(cut(bytes(ALL), 256)))
    assert counted.at_once == 0 and counted.single >= ALL, "the control: so much would be asked one by one"


@given(st.binary(min_size=1, max_size=255), st.integers(0, 20))
def test_the_crc_is_the_same_one_by_one_at_once_and_in_pymodbus(body: bytes, before: int) -> None:
    raw = np.frombuffer(bytes(before) + body, dtype=np.uint8)
    (found,) = crcs(raw, np.array([before]), np.array([len(body)]))
    assert int(found).to_bytes(2, "little") == crc(body) == FramerRTU.compute_CRC(body).to_bytes(2, "big")


@pytest.mark.parametrize("role", Role)
def test_messages_are_as_long_as_pymodbus_says(role: Role) -> None:
    decoder, chance = DecodePDU(is_server=role is Role.METER), Random(645)
    for function in sorted({*DecodePDU.pdu_table, *(EXCEPTION | n for n in DecodePDU.pdu_table)} - {0x08, 0x18, 0x2B}):
        message = bytes((1, function)) + chance.randbytes(300)
        kind = decoder.lookupPduClass(message)
        assert kind is not None
        if role is Role.MASTER or function < EXCEPTION:
            assert SAID_TO[role].size(message, 0, len(message)) == kind.calculateRtuFrameSize(message) - 2


def test_a_long_line_is_described_like_its_frames_alone() -> None:
    request = Rtu(Role.MASTER).encode(link.Frame(1, 3, b"\0\0\0\2"))
    raw = (GOLDEN + request + REFUSAL) * 40
    assert describe_line(raw.hex()) == [describe_line(part.hex())[0] for part in (GOLDEN, request, REFUSAL)] * 40
