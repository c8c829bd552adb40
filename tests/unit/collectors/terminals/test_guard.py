"""Nothing that switches, sets or resets leaves for a terminal, whoever built it; questions do."""

from __future__ import annotations

import pytest

from collectors.terminals.guard import QUESTIONS, check, is_read
from collectors.terminals.link import TerminalLink
from collectors.terminals.settings import TerminalSettings
from protocols import dlt645, dlt698, gdw1376, modbus
from protocols.errors import LocalProtocolError
from protocols.gdw1376.replies import confirm_all, confirm_link, deny_all
from tests.unit.collectors.terminals.frames import LOGIN, PUBLISHED, TERMINAL, link, question

TURN = gdw1376.Turn(1)
READ = dlt645.encode(dlt645.read("000000000001", "00010000"))
PORT = gdw1376.Port(2)


def forwarded(inner: bytes) -> gdw1376.Frame:
    return gdw1376.forward(TERMINAL, PORT, inner, TURN)


@pytest.mark.parametrize(
    "frame",
    [
        question(),
        gdw1376.read_history(TERMINAL, 1, 161, {"day": "2026-11-23"}, TURN),
        gdw1376.read_events(TERMINAL, 1, (0, 1), TURN),
        gdw1376.query_parameters(TERMINAL, (0,), (1,), TURN),
        gdw1376.query_meter_file(TERMINAL, (1, 2), TURN),
        forwarded(READ),
        confirm_all(gdw1376.parse(link(LOGIN))),
        confirm_link(gdw1376.parse(link(LOGIN)), gdw1376.Dialect.EACH),
    ],
    ids=lambda frame: f"{frame.afn:02X}",
)
def test_questions_and_confirmations_leave(frame: gdw1376.Frame) -> None:
    assert check(frame, 16) is frame


@pytest.mark.parametrize("afn", sorted(set(range(256)) - QUESTIONS - {0}))
def test_no_other_function_leaves(afn: int) -> None:
    with pytest.raises(LocalProtocolError, match="not sent"):
        check(question()._replace(afn=afn), 16)


def test_a_setting_does_not_leave() -> None:
    settings = {"rts_delay": 0, "station_turnaround": 0, "timeout": 1, "resends": 1}
    settings |= {"confirmed_classes": "-", "heartbeat_period": 5}
    with pytest.raises(LocalProtocolError, match="AFN 04"):
        check(gdw1376.set_parameters(TERMINAL, 0, 1, settings, TURN), 16)


def test_a_denial_and_a_terminals_frame_do_not_leave() -> None:
    with pytest.raises(LocalProtocolError):
        check(deny_all(gdw1376.parse(link(LOGIN))), 16)
    with pytest.raises(LocalProtocolError):
        check(gdw1376.parse(link(LOGIN)), 16)


@pytest.mark.parametrize("name", ["fwd645-trip-req", "fwd645-close-req"])
def test_published_switching_of_a_meter_does_not_leave(name: str) -> None:
    frame = gdw1376.parse(PUBLISHED[name])
    with pytest.raises(LocalProtocolError, match="no read request"):
        check(frame, 16)
    terminal = TerminalLink(lambda address: TerminalSettings())
    terminal.receive(link(LOGIN))
    terminal.outgoing()
    with pytest.raises(LocalProtocolError):
        terminal.ask(PUBLISHED[name])
    assert terminal.outgoing() == b""


@pytest.mark.parametrize("name", ["trip-f1-p1", "close-f2-p1", "protect-on-f25", "protect-off-f33", "hw-reset"])
def test_published_control_of_a_terminal_does_not_leave(name: str) -> None:
    with pytest.raises(LocalProtocolError, match="not sent"):
        check(gdw1376.parse(PUBLISHED[name]), 16)


def test_a_published_forwarded_read_leaves() -> None:
    frame = gdw1376.parse(PUBLISHED["fwd645-read-req"])
    assert check(frame, 16) is frame


@pytest.mark.parametrize("function", sorted(set(range(32)) - {0x01, 0x02, 0x11, 0x12, 0x13}))
def test_only_reading_functions_of_dlt645_are_forwarded(function: int) -> None:
    assert not is_read(dlt645.encode(dlt645.Frame("000000000001", function, bytes(12))))


def test_a_switch_hidden_beside_a_read_is_seen() -> None:
    switch = PUBLISHED["fwd645-trip-req"]
    inner = switch[switch.index(b"\x68\x61") : -24]
    assert not is_read(READ + inner)
    assert not is_read(inner + READ)
    assert not is_read(b"\xfe" * 4 + inner)
    assert not is_read(READ + b"\x00")


def test_reads_of_other_meters_are_forwarded_and_their_writes_are_not() -> None:
    rtu = modbus.Rtu(modbus.Role.MASTER)
    assert is_read(rtu.encode(modbus.read_request(5, modbus.ReadRequest(3, 0, 2))))
    assert not is_read(rtu.encode(modbus.Frame(5, 6, bytes.fromhex("0001FF00"))))
    assert not is_read(rtu.encode(modbus.Frame(5, 5, bytes.fromhex("0001FF00"))))
    get = dlt698.get("000000000001", ["00100200"])
    assert is_read(dlt698.encode(get))
    action = dlt698.Frame(get.control, get.server, get.client, b"\x07" + get.data[1:])
    assert not is_read(dlt698.encode(action))


def test_word_that_a_piece_has_come_is_forwarded_and_nothing_else_in_pieces() -> None:
    get = dlt698.get("000000000001", ["00100200"])
    first = dlt698.Frame(0xE3, get.server, get.client, b"\x00\x00\x85\x01")
    confirmation = dlt698.confirm_fragment(first, 4095)
    assert is_read(dlt698.encode(confirmation))
    for kind in (dlt698.Piece.FIRST, dlt698.Piece.MIDDLE, dlt698.Piece.LAST):
        data = dlt698.frame.fragment_to_data(dlt698.Fragment(1, kind))
        assert not is_read(dlt698.encode(dlt698.Frame(0x63, get.server, get.client, data)))
    for wrong in (confirmation.data + b"\x07", b"\x07", b"\x00\xb0"):
        assert not is_read(dlt698.encode(dlt698.Frame(0x63, get.server, get.client, wrong)))
    assert not is_read(dlt698.encode(dlt698.Frame(0x43, get.server, get.client, confirmation.data)))


@pytest.mark.parametrize("inner", [b"", b"\xfe", bytes(8), b"\x68" * 12, READ[:-1]])
def test_what_is_no_known_request_is_not_forwarded(inner: bytes) -> None:
    assert not is_read(inner)
