"""Read requests of DL/T 645-2007: built for the master, taken apart for the meter. Knows no item's meaning."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from protocols.dlt645 import functions
from protocols.dlt645.frame import WILDCARD_ADDRESS, Frame
from protocols.errors import LocalProtocolError

_DI_SIZE: Final = 4
_SEQUENCE_SIZE: Final = 5
_BLOCKS_SIZE: Final = 5
_START_SIZE: Final = 10


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What a master asks for. `load_record_from`: year, month, day, hour, minute by the meter's clock."""

    di: str
    sequence: int | None = None
    blocks: int | None = None
    load_record_from: tuple[int, int, int, int, int] | None = None


def read(address: str, di: str) -> Frame:
    return Frame(address, functions.READ, di_to_wire(di))


def read_follow_up(address: str, di: str, sequence: int) -> Frame:
    """Ask for piece `sequence` (1..255) of a reply too long for one frame; a retry asks the same."""
    if not 1 <= sequence <= 0xFF:
        raise LocalProtocolError(f"follow-up sequence {sequence} is not in 1..255")
    return Frame(address, functions.READ_FOLLOW_UP, di_to_wire(di) + bytes([sequence]))


def read_address() -> Frame:
    """Ask the only meter on the line who it is."""
    return Frame(WILDCARD_ADDRESS, functions.READ_ADDRESS)


def read_load_record(address: str, di: str, blocks: int, start: datetime | None = None) -> Frame:
    """Ask for `blocks` load records; `start`, by the meter's own clock, belongs to kind 01."""
    if not 1 <= blocks <= 0xFF:
        raise LocalProtocolError(f"{blocks} load records in one request, 1..255 are allowed")
    data = di_to_wire(di) + bytes([blocks])
    if start is not None:
        data += bytes.fromhex(start.strftime("%M%H%d%m%y"))
    return Frame(address, functions.READ, data)


def read_request(frame: Frame) -> ReadRequest | None:
    """What the frame asks for, or None where it is no read request of this edition."""
    if frame.control == functions.READ:
        return _first_read(frame.data)
    if frame.control == functions.READ_FOLLOW_UP and len(frame.data) == _SEQUENCE_SIZE:
        return ReadRequest(di_from_wire(frame.data[:_DI_SIZE]), sequence=frame.data[_DI_SIZE])
    return None


def _first_read(data: bytes) -> ReadRequest | None:
    if len(data) not in (_DI_SIZE, _BLOCKS_SIZE, _START_SIZE):
        return None
    di = di_from_wire(data[:_DI_SIZE])
    if len(data) == _DI_SIZE:
        return ReadRequest(di)
    start = _bcd_time(data[_BLOCKS_SIZE:]) if len(data) == _START_SIZE else None
    if len(data) == _START_SIZE and start is None:
        return None
    return ReadRequest(di, blocks=data[_DI_SIZE], load_record_from=start)


def _bcd_time(raw: bytes) -> tuple[int, int, int, int, int] | None:
    digits = raw[::-1].hex()
    if not digits.isdecimal():
        return None
    year, month, day, hour, minute = (int(digits[at : at + 2]) for at in range(0, 10, 2))
    return 2000 + year, month, day, hour, minute


def di_to_wire(di: str) -> bytes:
    """Low byte first; `di` is eight hex digits as the tables write them."""
    try:
        raw = bytes.fromhex(di)
    except ValueError:
        raw = b""
    if len(di) != 2 * _DI_SIZE or len(raw) != _DI_SIZE:
        raise LocalProtocolError(f"data identifier {di!r} is not eight hex digits")
    return raw[::-1]


def di_from_wire(raw: bytes) -> str:
    return raw[::-1].hex().upper()
