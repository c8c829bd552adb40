"""One DL/T 698.45 frame and its bytes. Finding frames in a stream of bytes is the business of `connection`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from protocols.dlt698 import fcs
from protocols.errors import LocalProtocolError, RemoteProtocolError

START: Final = 0x68
END: Final = 0x16
PREAMBLE: Final = 0xFE
FIXED_HEADER: Final = 5  # 68 L L C AF; what follows depends on the address flags
SHORTEST_HEADER: Final = 9  # with one byte of address
OVERHEAD: Final = 2  # the length counts neither the first 68 nor the end byte
LENGTH_MASK: Final = 0x3FFF
IN_KILOBYTES: Final = 0x4000
MAX_LENGTH: Final = LENGTH_MASK
MAX_FRAME_SIZE: Final = MAX_LENGTH + OVERHEAD
WILDCARD: Final = "AAAAAAAAAAAA"

FROM_SERVER: Final = 0x80
STARTED_BY_CLIENT: Final = 0x40
SPLIT: Final = 0x20
SCRAMBLED: Final = 0x08
FUNCTION_MASK: Final = 0x07
LINK_MANAGEMENT: Final = 1
USER_DATA: Final = 3

_SHIFT: Final = 0x33
_TO_WIRE: Final = bytes((value + _SHIFT) & 0xFF for value in range(256))
_TO_PLAIN: Final = bytes((value - _SHIFT) & 0xFF for value in range(256))
_LARGEST_ADDRESS: Final = 16
_FRAGMENT_HEADER: Final = 2
_NUMBER_MASK: Final = 0x0FFF


class AddressKind(IntEnum):
    """How many meters a server address means."""

    SINGLE = 0
    WILDCARD = 1
    GROUP = 2
    BROADCAST = 3


_KINDS: Final = tuple(AddressKind)
_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor


class Piece(IntEnum):
    """Which part of a split APDU a frame carries."""

    FIRST = 0
    LAST = 1
    CONFIRM = 2
    MIDDLE = 3


class ServerAddress(NamedTuple):
    """The meter: its digits with the high one first, one of its logical devices.

    A named tuple, because a stream of short frames makes thousands in one call.
    """

    digits: str
    kind: AddressKind = AddressKind.SINGLE
    logical: int = 0


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a split APDU, numbered from its first."""

    number: int
    piece: Piece
    data: bytes = b""


class Frame(NamedTuple):
    """A frame as meant: `data` is the APDU, or a fragment of one, without scrambling."""

    control: int
    server: ServerAddress
    client: int
    data: bytes

    @property
    def function(self) -> int:
        return self.control & FUNCTION_MASK

    @property
    def is_from_server(self) -> bool:
        return bool(self.control & FROM_SERVER)

    @property
    def is_started_by_client(self) -> bool:
        return bool(self.control & STARTED_BY_CLIENT)

    @property
    def is_split(self) -> bool:
        return bool(self.control & SPLIT)

    @property
    def is_scrambled(self) -> bool:
        return bool(self.control & SCRAMBLED)


def encode(frame: Frame, *, preamble: int = 4) -> bytes:
    """The bytes of a frame behind `preamble` wake-up bytes; refuses to build what nobody may send."""
    if not (0 <= frame.control <= 0xFF and 0 <= frame.client <= 0xFF):
        raise LocalProtocolError(f"control {frame.control} and client {frame.client} must be bytes")
    address = _address_to_wire(frame.server)
    data = frame.data.translate(_TO_WIRE) if frame.is_scrambled else frame.data
    length = 2 + 1 + len(address) + 1 + fcs.SIZE + len(data) + fcs.SIZE
    if not data or length > MAX_LENGTH:
        raise LocalProtocolError(f"{len(data)} bytes of APDU make a frame of length {length}, at most {MAX_LENGTH}")
    header = b"%b%c%b%c" % (length.to_bytes(2, "little"), frame.control, address, frame.client)
    body = header + fcs.check_sequence(header) + data
    return b"%b\x68%b%b\x16" % (b"\xfe" * preamble, body, fcs.check_sequence(body))


def parse(raw: bytes) -> Frame:
    """The frame in bytes that `frame_end` has already proved; without the preamble."""
    flags = raw[4]
    client_at = FIXED_HEADER + address_size(flags)
    digits = raw[client_at - 1 : 4 : -1].hex().upper()
    server = _tuple(ServerAddress, (digits, _KINDS[flags >> 6], flags >> 4 & 3))
    data = raw[client_at + 1 + fcs.SIZE : -1 - fcs.SIZE]
    plain = data.translate(_TO_PLAIN) if raw[3] & SCRAMBLED else data
    return _tuple(Frame, (raw[3], server, raw[client_at], plain))


def address_size(flags: int) -> int:
    """How many bytes of server address the address flags announce."""
    return (flags & 0x0F) + 1


def header_size(flags: int) -> int:
    """From the first 68 to the end of the HCS."""
    return FIXED_HEADER + address_size(flags) + 1 + fcs.SIZE


def fragment_of(frame: Frame) -> Fragment:
    """The piece of an APDU in a split frame."""
    if len(frame.data) < _FRAGMENT_HEADER:
        raise RemoteProtocolError(f"a split frame with {len(frame.data)} bytes has no fragment header")
    word = int.from_bytes(frame.data[:_FRAGMENT_HEADER], "little")
    return Fragment(word & _NUMBER_MASK, Piece(word >> 14), frame.data[_FRAGMENT_HEADER:])


def fragment_to_data(fragment: Fragment) -> bytes:
    """The data field of the frame that carries this piece."""
    if not 0 <= fragment.number <= _NUMBER_MASK:
        raise LocalProtocolError(f"fragment number {fragment.number} is not in 0 to {_NUMBER_MASK}")
    return (fragment.number | fragment.piece << 14).to_bytes(_FRAGMENT_HEADER, "little") + fragment.data


def _address_to_wire(server: ServerAddress) -> bytes:
    try:
        digits = bytes.fromhex(server.digits)
    except ValueError:
        digits = b""
    if not 1 <= len(digits) <= _LARGEST_ADDRESS or 2 * len(digits) != len(server.digits):
        raise LocalProtocolError(f"address {server.digits!r} is not 2 to {2 * _LARGEST_ADDRESS} digits in pairs")
    if not 0 <= server.logical <= 3:
        raise LocalProtocolError(f"logical address {server.logical} is not in 0 to 3")
    return bytes([server.kind << 6 | server.logical << 4 | len(digits) - 1]) + digits[::-1]
