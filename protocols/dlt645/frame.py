"""One DL/T 645 frame and its bytes. Finding frames in a stream of bytes is the business of `connection`."""

from typing import Final, NamedTuple
from zlib import adler32

from protocols.dlt645 import functions
from protocols.errors import LocalProtocolError

START: Final = 0x68
END: Final = 0x16
PREAMBLE: Final = 0xFE
HEADER_SIZE: Final = 10  # 68 A0..A5 68 C L
OVERHEAD: Final = 12  # header, checksum, end byte
MAX_READ_DATA: Final = 200
MAX_WRITE_DATA: Final = 50
MAX_FRAME_SIZE: Final = OVERHEAD + MAX_READ_DATA

WILDCARD_ADDRESS: Final = "AAAAAAAAAAAA"
BROADCAST_ADDRESS: Final = "999999999999"

_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor
_SHIFT: Final = 0x33
_TO_WIRE: Final = bytes((value + _SHIFT) & 0xFF for value in range(256))
TO_PLAIN: Final = bytes((value - _SHIFT) & 0xFF for value in range(256))
_WRITES: Final = frozenset({functions.WRITE, functions.WRITE_1997})


class Frame(NamedTuple):
    """A frame as meant: address with the high digit first, data without the 33H shift, in wire order.

    A named tuple, because every byte of a line ends in one and it builds four times faster than a frozen dataclass.
    """

    address: str
    control: int
    data: bytes = b""

    @property
    def function(self) -> int:
        return self.control & functions.FUNCTION_MASK

    @property
    def is_reply(self) -> bool:
        return bool(self.control & functions.FROM_METER)

    @property
    def is_error(self) -> bool:
        return bool(self.control & functions.REFUSED)

    @property
    def has_follow_up(self) -> bool:
        return bool(self.control & functions.MORE_FOLLOWS)


def encode(frame: Frame, *, preamble: int = 4) -> bytes:
    """The bytes of a frame behind `preamble` wake-up bytes; refuses to build what nobody may send."""
    data = frame.data
    if len(data) > _limit(frame):
        raise LocalProtocolError(f"{len(data)} bytes of data, at most {_limit(frame)} are allowed")
    if not 0 <= frame.control <= 0xFF:
        raise LocalProtocolError(f"control code {frame.control} is not a byte")
    body = b"\x68%b\x68%c%c%b" % (
        address_to_wire(frame.address),
        frame.control,
        len(data),
        data.translate(_TO_WIRE),
    )
    return b"%b%b%c\x16" % (b"\xfe" * preamble, body, checksum(body))


def parse(raw: bytes) -> Frame:
    """The frame in bytes that `frame_end` has already proved; without the preamble."""
    return _tuple(Frame, (raw[6:0:-1].hex().upper(), raw[8], raw[10:-2].translate(TO_PLAIN)))


def address_to_wire(address: str) -> bytes:
    """Six bytes, low digits first. An abbreviated address has AA on its high side."""
    digits = address.lstrip("A")
    if len(address) != 12 or len(digits) % 2 or not (digits.isascii() and (digits.isdecimal() or not digits)):
        raise LocalProtocolError(f"address {address!r} is not twelve digits (AA may stand for the high pairs)")
    return bytes.fromhex(address)[::-1]


def address_from_wire(raw: bytes) -> str:
    return raw[::-1].hex().upper()


def checksum(covered: bytes | bytearray) -> int:
    """Sum of the bytes from the first 68 to the last data byte, as sent.

    The low half of Adler-32 begun at 0 is the sum modulo 65521, which 210 bytes cannot reach: a quick exact sum.
    """
    return adler32(covered, 0) & 0xFF


def _limit(frame: Frame) -> int:
    return MAX_WRITE_DATA if frame.control in _WRITES else MAX_READ_DATA
