"""The link layer: any cut, any noise, false headers; and silence."""

import sys
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376 import Connection, Edition, Frame, FrameReceived, NoiseReason, NoiseReceived, encode
from protocols.gdw1376.connection import MAX_NOISE
from protocols.gdw1376.frame import MAX_FRAME_SIZE
from tests.unit.protocols.gdw1376.line import events_of, frames_of

LOGIN = Frame(0xC9, "4403", 4, 0, 0x02, 0x71, bytes.fromhex("00000100"))
HARD = Frame(0x88, "6816", 0x6868, 0x68, 0x0C, 0x60, bytes.fromhex("6832003200681616FEEE68"))
OLD = Frame(0xC9, "4403", 4, 0, 0x02, 0x71, bytes.fromhex("00000400"), Edition.GDW130)
RAW = encode(LOGIN)
FALSE_HEADER = bytes.fromhex("68FEFFFEFF68")
"""Promises the longest frame there is."""


def test_glued_frames_come_apart() -> None:
    assert frames_of(RAW + encode(HARD) + encode(OLD) + RAW) == [LOGIN, HARD, OLD, LOGIN]


@pytest.mark.parametrize(
    "prefix", [b"", b"\x68", b"\x68\x32\x00", b"\x16\x68\x68", RAW[:13], b"\xfe" * 4], ids=bytes.hex
)
def test_any_cut_of_noise_and_frames_gives_the_same_events(prefix: bytes) -> None:
    raw = prefix + encode(HARD) + b"\x00\x68" + RAW + b"\x68\x32"
    whole = events_of([raw])
    assert [event.frame for event in whole if isinstance(event, FrameReceived)] == [HARD, LOGIN]
    for cut in range(len(raw) + 1):
        assert events_of([raw[:cut], raw[cut:]]) == whole
    assert events_of(bytes([byte]) for byte in raw) == whole


def test_a_receiver_that_forgets_between_pieces_would_be_seen() -> None:
    heard = [event for piece in (RAW[:9], RAW[9:]) for event in events_of([piece])]
    assert heard != events_of([RAW])


@given(st.binary(max_size=60), st.lists(st.integers(0, 300), max_size=6), st.integers(0, 40))
def test_random_bytes_cut_anywhere_give_the_same_events(noise: bytes, cuts: list[int], piece: int) -> None:
    stream = noise[:30] + RAW + RAW[:piece] + noise[30:] + encode(HARD) + FALSE_HEADER[:piece] + RAW
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert events_of(stream[start:end] for start, end in pairwise(edges)) == events_of([stream])


def test_frame_is_delivered_as_soon_as_its_last_byte_is_there() -> None:
    connection = Connection()
    assert connection.receive(RAW[:-1]) == []
    assert connection.receive(RAW[-1:]) == [FrameReceived(LOGIN, RAW)]
    assert connection.line_idle() == []


def test_a_false_header_holds_the_line_until_silence_and_hides_nothing() -> None:
    connection = Connection()
    assert connection.receive(FALSE_HEADER + RAW) == []
    noise, frame = connection.line_idle()
    assert noise == NoiseReceived(FALSE_HEADER, NoiseReason.TRUNCATED)
    assert frame == FrameReceived(LOGIN, RAW)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (-1, 0x17, NoiseReason.NO_END),
        (-2, RAW[-2] ^ 1, NoiseReason.BAD_CHECKSUM),
        (14, 0x01, NoiseReason.BAD_CHECKSUM),
        (1, 0x36, NoiseReason.NO_START),
        (5, 0x69, NoiseReason.NO_START),
    ],
)
def test_damage_is_named(place: int, value: int, reason: NoiseReason) -> None:
    damaged = bytearray(RAW)
    damaged[place] = value
    assert events_of([bytes(damaged)]) == [NoiseReceived(bytes(damaged), reason)]


@pytest.mark.parametrize("protocol", [0, 3])
def test_reserved_protocols_are_no_frames(protocol: int) -> None:
    raw = bytearray(RAW)
    raw[1] = raw[3] = raw[1] & 0xFC | protocol
    assert frames_of(bytes(raw)) == []


def test_two_broken_frames_are_two_events_and_the_next_is_heard() -> None:
    broken = RAW[:-1] + b"\x17"
    noise = [NoiseReceived(broken, NoiseReason.NO_END)] * 2
    assert events_of([broken + broken + RAW]) == [*noise, FrameReceived(LOGIN, RAW)]


def test_wired_m_bus_is_no_frame() -> None:
    assert frames_of(bytes.fromhex("6806066853FD5001000061160000")) == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("alphabet", [bytes(range(256)), b"\x68\x16\x32\x00", b"\x68\x16"], ids=["all", "hard", "two"])
def test_memory_is_bounded_whatever_comes(seed: int, alphabet: bytes) -> None:
    chance, connection = Random(seed), Connection()
    for _ in range(100):
        events = connection.receive(bytes(chance.choices(alphabet, k=997)))
        assert all(len(event.raw) <= MAX_NOISE for event in events if isinstance(event, NoiseReceived))
        assert len(connection._buffer) <= MAX_FRAME_SIZE
    connection.line_idle()
    assert len(connection._buffer) == 0


@pytest.mark.parametrize(
    "pattern", ["684A024A02", "6816011601", "6822002200", "6816161616", "68", "6802000200", "68FEFFFEFF"]
)
def test_hostile_bytes_cost_few_steps(pattern: str) -> None:
    """Steps of Python for 64 KiB in one call; a quadratic search would need hundreds of millions."""
    raw = (bytes.fromhex(pattern) * 65536)[:65536]
    connection, steps = Connection(), 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        connection.receive(raw)
        connection.line_idle()
    finally:
        sys.setprofile(None)
    assert steps < 8 * len(raw)
