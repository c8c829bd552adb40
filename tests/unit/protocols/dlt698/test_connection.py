"""The link layer: the same events however the bytes are cut, no damaged frame believed, memory bounded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from protocols.dlt698 import Connection, Frame, FrameReceived, NoiseReason, NoiseReceived, ServerAddress, encode, fcs
from protocols.dlt698.connection import MAX_NOISE, Event
from protocols.dlt698.frame import MAX_FRAME_SIZE, AddressKind
from protocols.errors import LocalProtocolError

ASK = bytes.fromhex("68170043050000000000000072790501000010020000D51D16")
REPLY = bytes.fromhex("681E00C305000000000000009E548501000010020101060001E24000005AD416")
SHORT = encode(Frame(0x43, ServerAddress("12"), 0, b"\x05\x01\x00\x00\x10\x02\x01\x00"), preamble=0)


def events_of(*pieces: bytes) -> list[Event]:
    connection = Connection()
    events = [event for piece in pieces for event in connection.receive(piece)]
    return events + connection.line_idle()


def accepted(raw: bytes) -> bool:
    return any(isinstance(event, FrameReceived) for event in events_of(raw))


def damaged(raw: bytes, bits: int) -> Iterator[bytes]:
    whole = int.from_bytes(raw, "big")
    for places in combinations(range(8 * len(raw)), bits):
        yield (whole ^ sum(1 << place for place in places)).to_bytes(len(raw), "big")


def test_check_sequence_is_that_of_the_catalogue() -> None:
    assert fcs.check_sequence(b"123456789") == bytes.fromhex("6E90")


def test_running_sums_agree_with_summing_each_stretch() -> None:
    chance = random.Random(16)
    raw = bytearray(chance.randbytes(20_000))
    stretches = sorted(sorted(chance.sample(range(len(raw)), 2)) for _ in range(200))
    for start, end in stretches[::2]:
        if end - start > 2:
            raw[end - 2 : end] = fcs.check_sequence(raw[start : end - 2])
    starts, ends = np.array(stretches).T
    held = fcs.RunningSums(bytes(raw)).hold(starts, ends).tolist()
    assert held == [fcs.holds(raw[start:end]) for start, end in stretches]
    assert 0 < sum(held) < 200


@pytest.mark.parametrize("raw", [ASK, SHORT])
@pytest.mark.parametrize("bits", [1, 2])
def test_no_damaged_frame_is_accepted(raw: bytes, bits: int) -> None:
    assert accepted(raw)
    assert [wrong.hex() for wrong in damaged(raw, bits) if accepted(wrong)] == []


STREAMS = {
    "frames with preambles": b"\xfe\xfe\xfe\xfe" + ASK + b"\xfe\xfe" + REPLY,
    "noise between": b"\x00\x68" + ASK + b"\x16\x68\x68" + REPLY + b"\x01",
    "cut short, then a whole one": ASK[:-5] + REPLY,
    "wrong FCS, then a whole one": REPLY[:-2] + b"\x00\x16" + ASK,
    "wrong end, then a whole one": REPLY[:-1] + b"\x17" + ASK,
    "a frame inside a false header": b"\x68\x30\x00\x43\x00" + ASK + REPLY,
}


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_events_do_not_depend_on_the_cut(stream: bytes) -> None:
    whole = events_of(stream)
    assert any(isinstance(event, FrameReceived) for event in whole)
    for cut in range(len(stream) + 1):
        assert events_of(stream[:cut], stream[cut:]) == whole
    assert events_of(*(bytes([byte]) for byte in stream)) == whole


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (REPLY[:-2] + b"\x00\x16", NoiseReason.BAD_FCS),
        (REPLY[:-1] + b"\x17", NoiseReason.NO_END),
        (REPLY[:-1], NoiseReason.TRUNCATED),
        (REPLY[:12], NoiseReason.NO_HEADER),
        (REPLY[1:], NoiseReason.NO_HEADER),
    ],
)
def test_noise_says_what_did_not_hold(raw: bytes, reason: NoiseReason) -> None:
    assert events_of(raw) == [NoiseReceived(raw, reason)]


def test_a_long_frame_is_heard_and_a_longer_one_not_built() -> None:
    longest = MAX_FRAME_SIZE - len(encode(Frame(0xC3, ServerAddress("12"), 0, b"\0"), preamble=0)) + 1
    raw = encode(Frame(0xC3, ServerAddress("12"), 0, bytes(longest)), preamble=0)
    assert len(raw) == MAX_FRAME_SIZE
    assert accepted(raw)
    with pytest.raises(LocalProtocolError):
        encode(Frame(0xC3, ServerAddress("12"), 0, bytes(longest + 1)))


@pytest.mark.parametrize("address", ["", "1", "1x", "00" * 17])
def test_an_impossible_address_is_not_built(address: str) -> None:
    with pytest.raises(LocalProtocolError):
        encode(Frame(0x43, ServerAddress(address), 0, b"\x05"))


@pytest.mark.parametrize("size", range(1, 17))
def test_every_address_size_and_scrambling_come_back(size: int) -> None:
    server = ServerAddress(bytes(range(1, size + 1)).hex().upper(), AddressKind(size % 4), size % 4)
    for control in (0x43, 0x4B):
        frame = Frame(control, server, 0xA1, b"\x05\x01\xfe\x68\x16")
        (event,) = events_of(encode(frame))
        assert isinstance(event, FrameReceived)
        assert event.frame == frame
    assert encode(frame, preamble=0)[-8:-3] == bytes.fromhex("3834319B49")


ADVERSE = {
    "starts": b"\x68" * 65536,
    "short headers": b"\x68\x17\x00\x00" * 16384,
    "true headers of long frames": (SHORT[:1] + b"\xff\x3f" + SHORT[3:7]) * 9000,
    "random": random.Random(698).randbytes(65536),
}


@pytest.mark.parametrize("stream", ADVERSE.values(), ids=ADVERSE)
def test_a_chattering_line_fills_nothing(stream: bytes) -> None:
    connection = Connection()
    events = connection.receive(stream)
    assert len(connection._buffer) <= MAX_FRAME_SIZE
    events += connection.line_idle() + connection.receive(ASK)
    assert all(len(event.raw) <= MAX_NOISE for event in events[:-1])
    assert isinstance(events[-1], FrameReceived)


def test_random_bytes_hold_no_frame() -> None:
    chance = random.Random(69845)
    assert not any(accepted(chance.randbytes(4096)) for _ in range(100))
