"""The link layer: any cut, any noise, any false start; and silence."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import Connection, Frame, FrameReceived, NoiseReason, NoiseReceived, encode, read, read_reply
from protocols.dlt645.connection import MAX_NOISE
from tests.campaigns.typical_frames import typical_frame
from tests.unit.protocols.dlt645.line import events_of, frames_of

REQUEST = read("000000000161", "00010000")
REPLY = read_reply(REQUEST, bytes.fromhex("26000000"))[0]
RAW = encode(REPLY)
BODY = encode(REPLY, preamble=0)
HARD = Frame("681668166816", 0x91, bytes.fromhex("0000010035E30000") + bytes(range(0xC0, 0x100)))
"""68 and 16 in the address, 68 and 16 and FE in the data, and plain bytes that wrap."""

PREFIXES = (
    b"",
    b"\xfe",
    b"\xfe" * 9,
    b"\x00",
    b"\xff\x00",
    b"\x68",
    b"\x68\x68",
    b"\x16\xfe\x16\xfe\xfe",
    b"\x12\xfe\x34",
)


def seeded_frames() -> list[Frame]:
    chance = Random(5)
    return [typical_frame(chance) for _ in range(40)] + [HARD]


@pytest.mark.parametrize("prefix", PREFIXES, ids=bytes.hex)
def test_any_cut_of_the_bytes_gives_the_same_events(prefix: bytes) -> None:
    for frame in seeded_frames():
        raw = prefix + encode(frame, preamble=2) + b"\x00\x68"
        whole = events_of([raw])
        assert [event.frame for event in whole if isinstance(event, FrameReceived)] == [frame]
        for cut in range(len(raw) + 1):
            assert events_of([raw[:cut], raw[cut:]]) == whole


def test_a_receiver_that_forgets_between_pieces_would_be_seen() -> None:
    heard = [event for piece in (BODY[:9], BODY[9:]) for event in events_of([piece])]
    assert heard != events_of([BODY])


def test_single_bytes_give_the_same_events_as_the_whole() -> None:
    stream = b"\x55".join(encode(frame) for frame in seeded_frames())
    assert events_of(bytes([byte]) for byte in stream) == events_of([stream])
    assert frames_of(stream) == seeded_frames()


@given(st.binary(max_size=60), st.lists(st.integers(0, 200), max_size=6))
def test_random_bytes_cut_anywhere_give_the_same_events(noise: bytes, cuts: list[int]) -> None:
    stream = noise[:30] + BODY + noise[30:] + BODY[: len(noise)]
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert events_of(pieces) == events_of([stream])


def test_two_frames_glued_together_are_two_frames() -> None:
    assert frames_of(RAW + encode(HARD) + BODY) == [REPLY, HARD, REPLY]


def test_frame_is_delivered_as_soon_as_its_last_byte_is_there() -> None:
    connection = Connection()
    assert connection.receive(RAW[:-1]) == []
    assert connection.receive(RAW[-1:]) == [FrameReceived(REPLY, BODY)]
    assert connection.line_idle() == []


@pytest.mark.parametrize("length", range(256))
def test_false_header_does_not_swallow_the_frame_behind_it(length: int) -> None:
    header = b"\x68\x01\x02\x03\x04\x05\x06\x68\x91" + bytes([length])
    assert frames_of(header + RAW) == [REPLY]
    assert frames_of(header[:9] + RAW) == [REPLY]


def test_false_header_longer_than_allowed_costs_no_time() -> None:
    header = b"\x68\x01\x02\x03\x04\x05\x06\x68\x91\xf0"
    assert FrameReceived(REPLY, BODY) in Connection().receive(header + RAW)


def test_false_header_ends_with_the_silence() -> None:
    connection = Connection()
    assert connection.receive(b"\x68\x01\x02\x03\x04\x05\x06\x68\x91\x64" + BODY) == []
    noise, frame = connection.line_idle()
    assert (noise, frame) == (
        NoiseReceived(b"\x68\x01\x02\x03\x04\x05\x06\x68\x91\x64", NoiseReason.TRUNCATED),
        FrameReceived(REPLY, BODY),
    )


def test_doubled_start_byte_is_one_byte_of_noise() -> None:
    assert events_of([b"\x68" + BODY]) == [NoiseReceived(b"\x68", NoiseReason.NO_START), FrameReceived(REPLY, BODY)]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (BODY[:-2] + bytes([BODY[-2] ^ 1]) + BODY[-1:], NoiseReason.BAD_CHECKSUM),
        (BODY[:-1] + b"\x17", NoiseReason.NO_END),
        (BODY[:-1], NoiseReason.TRUNCATED),
        (BODY[:9], NoiseReason.TRUNCATED),
        (BODY[:3], NoiseReason.TRUNCATED),
        (BODY[:9] + b"\xc9" + BODY[10:], NoiseReason.TOO_LONG),
        (b"\x01\x02\x03", NoiseReason.NO_START),
    ],
)
def test_noise_says_what_did_not_hold(raw: bytes, reason: NoiseReason) -> None:
    assert events_of([b"\xfe\xfe", raw]) == [NoiseReceived(raw, reason)]


def test_each_broken_frame_is_its_own_noise() -> None:
    broken = BODY[:-2] + b"\x00\x16"
    assert events_of([broken + broken + BODY]) == [
        NoiseReceived(broken, NoiseReason.BAD_CHECKSUM),
        NoiseReceived(broken, NoiseReason.BAD_CHECKSUM),
        FrameReceived(REPLY, BODY),
    ]


def test_half_a_frame_is_forgotten_after_silence() -> None:
    connection = Connection()
    connection.receive(BODY[:10])
    assert connection.line_idle() == [NoiseReceived(BODY[:10], NoiseReason.TRUNCATED)]
    assert connection.receive(BODY[10:]) == []
    connection.line_idle()
    assert connection.receive(BODY) == [FrameReceived(REPLY, BODY)]


def test_longest_frame_is_read_and_a_longer_one_refused() -> None:
    longest = Frame("000000000001", 0x91, bytes(200))
    raw = bytearray(encode(longest))
    assert frames_of(bytes(raw)) == [longest]
    raw[13] = 201
    raw[-2:] = bytes([0x33, (raw[-2] + 0x34) % 256, 0x16])
    assert frames_of(bytes(raw)) == []


@pytest.mark.parametrize("byte", [b"\x00", b"\x68", b"\x16", b"\xff"], ids=bytes.hex)
def test_a_chattering_line_does_not_fill_the_memory(byte: bytes) -> None:
    connection = Connection()
    events = [event for _ in range(200) for event in connection.receive(byte * 100)]
    assert "waiting" in repr(connection)
    assert sum(len(event.raw) for event in events) > 20_000 - 2 * MAX_NOISE
    assert all(len(event.raw) <= MAX_NOISE for event in events)


def test_preamble_alone_is_nothing() -> None:
    assert events_of([b"\xfe" * 5000]) == []


def test_a_line_full_of_starts_gives_few_events_and_loses_no_byte() -> None:
    """Each 68 could begin a frame; one that begins inside a broken frame is part of it, or noise would cost more."""
    noise = b"\x68" * 65_536
    connection = Connection()
    events = connection.receive(noise) + connection.line_idle()
    assert b"".join(event.raw for event in events) == noise
    assert len(events) <= len(noise) // 12 + 1
