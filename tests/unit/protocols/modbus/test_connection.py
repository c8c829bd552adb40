"""The link layer: any cut of the bytes gives the same events, and noise costs bytes, never frames."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from protocols.errors import LocalProtocolError
from protocols.modbus import Connection, Frame, FrameReceived, Mbap, NoiseReason, NoiseReceived, Role, Rtu
from protocols.modbus.connection import MAX_NOISE
from tests.unit.protocols.modbus.frames import (
    ASK_ALL,
    ASK_VOLTAGE,
    GOLDEN,
    REPLY_ALL,
    heard,
    master_rtu,
    master_tcp,
    without_transaction,
)

RTU_REPLY = Rtu(Role.METER).encode(REPLY_ALL)
TCP_REPLY = Mbap(Role.METER).encode(REPLY_ALL)
BOTH = pytest.mark.parametrize(
    ("connect", "raw", "frame"),
    [(master_rtu, RTU_REPLY, without_transaction(REPLY_ALL)), (master_tcp, TCP_REPLY, REPLY_ALL)],
    ids=["rtu", "tcp"],
)
Connect = Callable[[], Connection]


def test_the_published_frame_is_a_read_of_two_registers() -> None:
    assert heard(master_rtu(), GOLDEN) == [FrameReceived(Frame(1, 4, bytes.fromhex("0443663334")), GOLDEN)]


@BOTH
def test_any_cut_of_the_bytes_gives_the_same_frames(connect: Connect, raw: bytes, frame: Frame) -> None:
    stream = raw + raw
    for cut in range(len(stream) + 1):
        assert heard(connect(), stream[:cut], stream[cut:]) == [FrameReceived(frame, raw)] * 2


@BOTH
def test_bytes_one_by_one_give_the_same_events_as_all_at_once(connect: Connect, raw: bytes, frame: Frame) -> None:
    stream = b"\xff\xfe" + raw + raw[:5] + raw
    assert heard(connect(), *(bytes((byte,)) for byte in stream)) == heard(connect(), stream)


@BOTH
def test_noise_before_and_between_costs_no_frame(connect: Connect, raw: bytes, frame: Frame) -> None:
    events = heard(connect(), b"\xff\xff\xff" + raw + b"\xfa\xfb" + raw)
    assert [event for event in events if isinstance(event, FrameReceived)] == [FrameReceived(frame, raw)] * 2
    assert sum(len(event.raw) for event in events) == 2 * len(raw) + 5


def test_a_damaged_rtu_frame_does_not_take_the_next_one_with_it() -> None:
    damaged = GOLDEN[:4] + b"\x00" + GOLDEN[5:]
    noise, frame = heard(master_rtu(), damaged + GOLDEN)
    assert noise == NoiseReceived(damaged, NoiseReason.BAD_CRC)
    assert isinstance(frame, FrameReceived) and frame.raw == GOLDEN


def test_a_wrong_protocol_identifier_is_survived() -> None:
    wrong = TCP_REPLY[:2] + b"\x00\x07" + TCP_REPLY[4:]
    events = heard(master_tcp(), wrong + TCP_REPLY)
    assert FrameReceived(REPLY_ALL, TCP_REPLY) in events
    assert isinstance(events[0], NoiseReceived)


def test_a_length_that_does_not_fit_the_function_is_noise() -> None:
    raw = bytes.fromhex("0001 0000 0005 01 04 04 0000")
    assert heard(master_tcp(), raw) == [NoiseReceived(raw, NoiseReason.WRONG_LENGTH)]


def test_what_was_begun_ends_with_silence() -> None:
    connection = master_rtu()
    assert connection.receive(GOLDEN[:-1]) == []
    assert connection.line_idle() == [NoiseReceived(GOLDEN[:-1], NoiseReason.TRUNCATED)]
    assert heard(connection, GOLDEN) == heard(master_rtu(), GOLDEN)


def test_a_frame_behind_a_false_header_comes_out_when_the_line_is_silent() -> None:
    connection = master_rtu()
    assert connection.receive(b"\x01\x03\xf0" + GOLDEN) == []
    assert [type(event) for event in connection.line_idle()] == [NoiseReceived, FrameReceived]


def test_a_chattering_line_does_not_fill_the_memory() -> None:
    connection = master_rtu()
    events = connection.receive(b"\xff" * (3 * MAX_NOISE))
    assert [len(event.raw) for event in events] == [MAX_NOISE] * 3
    assert repr(connection) == "<Connection 0 bytes waiting, 0 of noise>"


def test_each_role_hears_only_its_own_side() -> None:
    request = Rtu(Role.MASTER).encode(ASK_VOLTAGE)
    (event,) = heard(Connection(Rtu(Role.METER)), request)
    assert event == FrameReceived(ASK_VOLTAGE, request)
    assert not any(isinstance(event, FrameReceived) for event in heard(master_rtu(), request))


def test_a_meter_on_tcp_hears_functions_nobody_knows_so_that_it_can_refuse_them() -> None:
    raw = bytes.fromhex("000100000003 01 55 00".replace(" ", ""))
    (event,) = heard(Connection(Mbap(Role.METER)), raw)
    assert event == FrameReceived(Frame(1, 0x55, b"\x00", 1), raw)
    assert not any(isinstance(event, FrameReceived) for event in heard(master_tcp(), raw))


@pytest.mark.parametrize("framing", [Rtu(Role.MASTER), Mbap(Role.MASTER)])
def test_a_message_longer_than_the_framing_carries_is_not_built(framing: Rtu | Mbap) -> None:
    with pytest.raises(LocalProtocolError, match="carries"):
        framing.encode(Frame(1, 4, bytes(260)))


def test_the_transaction_travels_in_mbap_only() -> None:
    assert heard(Connection(Mbap(Role.METER)), Mbap(Role.MASTER).encode(ASK_ALL))[0].frame == ASK_ALL  # type: ignore[union-attr]  # the first event is the frame
