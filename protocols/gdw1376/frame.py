"""One Q/GDW 376.1 / 1376.1 frame and its bytes. Finding frames in a stream of bytes is the business of `connection`.

What lies in the data (units, password, counters, time tag) is read by `auxiliary` and `data_units`.
"""

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from protocols.errors import LocalProtocolError

START: Final = 0x68
END: Final = 0x16
HEADER_SIZE: Final = 6  # 68 L L 68
OVERHEAD: Final = 8  # header, checksum, end byte
FIXED_SIZE: Final = 8  # C A1 A1 A2 A2 A3 AFN SEQ
MAX_LENGTH: Final = (1 << 14) - 1
MAX_FRAME_SIZE: Final = OVERHEAD + MAX_LENGTH
MAX_DATA: Final = MAX_LENGTH - FIXED_SIZE
BROADCAST: Final = 0xFFFF

_UP: Final = 0x80
_PRIMARY: Final = 0x40
_THIRD: Final = 0x20  # FCB on the way down, ACD on the way up
_FCV: Final = 0x10
_TPV, _FIR, _FIN, _CON = 0x80, 0x40, 0x20, 0x10


class Edition(IntEnum):
    """Which standard the low two bits of L name; 00 and 11 are reserved."""

    GDW130 = 1
    GDW1376 = 2

    @property
    def title(self) -> str:
        return "Q/GDW 130" if self is Edition.GDW130 else "Q/GDW 376.1"


class AddressForm(StrEnum):
    """How people print A2: masters differ."""

    HEX = "hex"
    DECIMAL = "decimal"


class Frame(NamedTuple):
    """A frame as meant. `district` is A1, four digits as read; `data` is everything between SEQ and the checksum.

    A named tuple, because a stream of short frames makes thousands in one call.
    """

    control: int
    district: str
    terminal: int
    a3: int
    afn: int
    seq: int
    data: bytes = b""
    edition: Edition = Edition.GDW1376

    @property
    def is_up(self) -> bool:
        """From the terminal to the master."""
        return bool(self.control & _UP)

    @property
    def is_primary(self) -> bool:
        """PRM: this side began the exchange."""
        return bool(self.control & _PRIMARY)

    @property
    def has_events(self) -> bool:
        """ACD: the terminal has events to tell, and their counters are in this frame."""
        return self.is_up and bool(self.control & _THIRD)

    @property
    def frame_count_bit(self) -> bool:
        return not self.is_up and bool(self.control & _THIRD)

    @property
    def frame_count_is_valid(self) -> bool:
        return not self.is_up and bool(self.control & _FCV)

    @property
    def link_function(self) -> int:
        """FC, whose meaning depends on `is_primary`."""
        return self.control & 0x0F

    @property
    def is_group(self) -> bool:
        return bool(self.a3 & 1)

    @property
    def master(self) -> int:
        """MSA, 0 for what the terminal began."""
        return self.a3 >> 1

    @property
    def has_time_tag(self) -> bool:
        return bool(self.seq & _TPV)

    @property
    def is_first(self) -> bool:
        return bool(self.seq & _FIR)

    @property
    def is_final(self) -> bool:
        return bool(self.seq & _FIN)

    @property
    def wants_confirmation(self) -> bool:
        return bool(self.seq & _CON)

    @property
    def sequence(self) -> int:
        """PSEQ or RSEQ."""
        return self.seq & 0x0F

    def address(self, form: AddressForm = AddressForm.HEX) -> str:
        """District and terminal as written on paper."""
        return self.district + (f"{self.terminal:04X}" if form is AddressForm.HEX else f"{self.terminal:05d}")


def down(link_function: int, *, primary: bool = True, count_bit: bool | None = None) -> int:
    """The control byte of a master. A count bit makes FCV 1."""
    counting = 0 if count_bit is None else _FCV | (_THIRD if count_bit else 0)
    return (_PRIMARY if primary else 0) | counting | link_function & 0x0F


def up(link_function: int, *, primary: bool = False, events: bool = False) -> int:
    """The control byte of a terminal."""
    return _UP | (_PRIMARY if primary else 0) | (_THIRD if events else 0) | link_function & 0x0F


def seq(sequence: int, *, confirm: bool = False, time_tag: bool = False, first: bool = True, final: bool = True) -> int:
    """The SEQ byte; a single frame is both first and final."""
    flags = (_TPV, time_tag), (_FIR, first), (_FIN, final), (_CON, confirm)
    return sum(bit for bit, is_set in flags if is_set) | sequence & 0x0F


def encode(frame: Frame) -> bytes:
    """The bytes of a frame; refuses to build what the format cannot hold."""
    if len(frame.data) > MAX_DATA:
        raise LocalProtocolError(f"{len(frame.data)} bytes of data, at most {MAX_DATA} are allowed")
    if frame.edition not in (Edition.GDW130, Edition.GDW1376):
        raise LocalProtocolError(f"protocol {frame.edition} is reserved")
    try:
        fixed = b"%c%b%b%c%c%c" % (
            frame.control,
            _district_to_wire(frame.district),
            frame.terminal.to_bytes(2, "little"),
            frame.a3,
            frame.afn,
            frame.seq,
        )
    except OverflowError as error:
        raise LocalProtocolError(f"a field does not fit its bytes: {error}") from error
    body = fixed + frame.data
    length = (len(body) << 2 | frame.edition).to_bytes(2, "little")
    return b"\x68%b%b\x68%b%c\x16" % (length, length, body, checksum(body))


def parse(raw: bytes) -> Frame:
    """The frame in bytes that `connection.frame_end` has already proved."""
    return Frame(
        raw[6],
        raw[8:6:-1].hex().upper(),
        raw[9] | raw[10] << 8,
        raw[11],
        raw[12],
        raw[13],
        raw[14:-2],
        Edition.GDW130 if raw[1] & 3 == Edition.GDW130 else Edition.GDW1376,
    )


def checksum(covered: bytes | bytearray) -> int:
    """Sum of the bytes from C to the last one before it."""
    return sum(covered) & 0xFF


def _district_to_wire(district: str) -> bytes:
    """Low digits first. Terminals with A to F in their district exist, so they can be answered."""
    if len(district) != 4 or not set(district) <= set("0123456789ABCDEF"):
        raise LocalProtocolError(f"district {district!r} is not four digits")
    return bytes.fromhex(district)[::-1]
