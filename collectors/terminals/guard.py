"""What may leave for a terminal: questions, and confirmations of what it said. The last stop before the wire.

An allow-list. Setting, control, reset and file transfer have no way through here, and what is forwarded to a meter
must be, in whole, one read request of a protocol that is known, or word that a piece of its answer has come: switching
is neither, nor is anything unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from protocols import dlt645, dlt698, gdw1376
from protocols.dlt645.functions import READ, READ_1997, READ_ADDRESS, READ_FOLLOW_UP, READ_FOLLOW_UP_1997
from protocols.errors import LocalProtocolError
from protocols.gdw1376.auxiliary import split
from protocols.gdw1376.functions.link import ALL_CONFIRMED, EACH_CONFIRMED
from protocols.modbus.rtu import crc

CONFIRM, FORWARD = 0x00, 0x10
QUESTIONS: Final = frozenset({0x0A, 0x0C, 0x0D, 0x0E, FORWARD})
"""AFNs of what the master may begin."""
_DLT645_READS: Final = frozenset({READ, READ_FOLLOW_UP, READ_ADDRESS, READ_1997, READ_FOLLOW_UP_1997})
_MODBUS_READS: Final = frozenset({1, 2, 3, 4})
_MODBUS_READ_SIZE: Final = 8
_DLT698_REQUEST, _DLT698_GET = 0x43, b"\x05"
_DLT698_CONFIRMS, _PIECE_CAME = 0x63, 0x8000
_WAKE_UP: Final = b"\xfe"


def check(frame: gdw1376.Frame, password_size: int) -> gdw1376.Frame:
    """The frame, if it may be sent; LocalProtocolError is a bug of ours that must not reach the field."""
    if frame.is_up:
        raise LocalProtocolError("a master sends no frame of a terminal")
    if frame.afn == CONFIRM:
        _check_confirmation(frame)
    elif frame.afn not in QUESTIONS:
        raise LocalProtocolError(f"AFN {frame.afn:02X} is not sent from here")
    elif frame.afn == FORWARD:
        _check_forwarded(frame, password_size)
    return frame


def is_read(inner: bytes) -> bool:
    """Whether these bytes, all of them, are one read request to a meter."""
    return any(reads(inner) for reads in _READS)


def _check_confirmation(frame: gdw1376.Frame) -> None:
    units, _ = gdw1376.walk(frame.data, CONFIRM, is_up=False, edition=frame.edition)
    if [unit.function for unit in units] not in ([ALL_CONFIRMED], [EACH_CONFIRMED]) or frame.is_primary:
        raise LocalProtocolError("a master confirms what it heard, nothing else")


def _check_forwarded(frame: gdw1376.Frame, password_size: int) -> None:
    data, _ = split(frame, password_size)
    units, problem = gdw1376.walk(data, FORWARD, is_up=False, edition=frame.edition)
    if problem or len(units) != 1:
        raise LocalProtocolError(f"forwarding is not understood: {problem or f'{len(units)} units'}")
    inner = next((bytes.fromhex(value.text) for value in units[0].values if value.name == "forwarded"), b"")
    if not is_read(inner):
        raise LocalProtocolError(f"{inner.hex().upper()} is no read request; nothing else is forwarded")


def _reads_dlt645(inner: bytes) -> bool:
    bare = inner.lstrip(_WAKE_UP)
    match dlt645.Connection().receive(bare):
        case [dlt645.FrameReceived(frame, raw)]:
            return raw == bare and frame.control in _DLT645_READS
    return False


def _reads_dlt698(inner: bytes) -> bool:
    bare = inner.lstrip(_WAKE_UP)
    match dlt698.Connection().receive(bare):
        case [dlt698.FrameReceived(frame, raw)]:
            is_get = frame.control == _DLT698_REQUEST and frame.data[:1] == _DLT698_GET
            return raw == bare and (is_get or _confirms_a_piece(frame))
    return False


def _confirms_a_piece(frame: dlt698.Frame) -> bool:
    """Two bytes, the number of a piece of an answer and that it has come: no message fits into them."""
    is_confirmation = frame.control == _DLT698_CONFIRMS and len(frame.data) == 2
    return is_confirmation and int.from_bytes(frame.data, "little") & 0xF000 == _PIECE_CAME


def _reads_modbus(inner: bytes) -> bool:
    is_whole = len(inner) == _MODBUS_READ_SIZE and crc(inner[:-2]) == inner[-2:]
    return is_whole and inner[1] in _MODBUS_READS and inner[0] != 0


_READS: Final[tuple[Callable[[bytes], bool], ...]] = (_reads_dlt645, _reads_dlt698, _reads_modbus)
