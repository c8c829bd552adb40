"""Formats whose value is a text and no amount: times by the terminal's clock, bit masks, addresses, plain octets.

A time has no zone and is never completed: a stamp without a year stays one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from protocols.errors import LocalProtocolError
from protocols.gdw1376.formats import INVALID_BCD, NOT_A_TIME, Quantity, Value, is_void, void

_RANGES: Final[Mapping[str, range]] = {
    "YY": range(100),
    "MM": range(1, 13),
    "DD": range(1, 32),
    "hh": range(24),
    "mm": range(60),
    "ss": range(60),
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time in BCD. `pattern` is written high byte first, as in YYMMDDhhmm."""

    pattern: str
    unit: str = ""

    @property
    def size(self) -> int:
        return len(self.pattern) // 2

    def decode(self, raw: bytes, name: str) -> Value:
        digits = raw[::-1].hex()
        if is_void(raw):
            return void(name, "")
        if not digits.isdecimal():
            return void(name, "", INVALID_BCD)
        parts = {piece: digits[2 * at : 2 * at + 2] for at, piece in enumerate(_pieces(self.pattern))}
        if not _is_calendar_time(parts):
            return void(name, "", NOT_A_TIME)
        return Value(name, None, _written(parts), "")

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xee" * self.size
        parts = _parts(str(quantity), self.pattern)
        return bytes.fromhex("".join(parts[piece] for piece in _pieces(self.pattern)))[::-1]


@dataclass(frozen=True, slots=True)
class Clock:
    """A.1: a full time whose month byte also holds the weekday in its top three bits (1 to 7, 0 for none)."""

    size: int = 6
    unit: str = ""

    def decode(self, raw: bytes, name: str) -> Value:
        if is_void(raw):
            return void(name, "")
        return _FULL.decode(b"%b%c%c" % (raw[:4], raw[4] & 0x1F, raw[5]), name)

    def encode(self, quantity: Quantity) -> bytes:
        """The weekday is computed, Monday being 1."""
        if quantity is None:
            return b"\xee" * 6
        raw = bytearray(_FULL.encode(quantity))
        parts = _parts(str(quantity), _FULL.pattern)
        raw[4] |= _day(parts).isoweekday() << 5
        return bytes(raw)


@dataclass(frozen=True, slots=True)
class Digits:
    """Decimal digits that are a name: leading zeros count. A.12, meter addresses."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str) -> Value:
        digits = raw[::-1].hex()
        if digits.isdecimal():
            return Value(name, None, digits, "")
        return void(name, "") if is_void(raw) else void(name, "", INVALID_BCD)

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xee" * self.size
        digits = str(quantity)
        if len(digits) != 2 * self.size or not (digits.isascii() and digits.isdecimal()):
            raise LocalProtocolError(f"{digits!r} is not {2 * self.size} decimal digits")
        return bytes.fromhex(digits)[::-1]


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes as they stand, in hex and in wire order."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str) -> Value:
        return Value(name, None, raw.hex().upper(), "")

    def encode(self, quantity: Quantity) -> bytes:
        try:
            raw = bytes.fromhex(str(quantity))
        except ValueError as error:
            raise LocalProtocolError(f"{quantity!r} is not hex") from error
        if len(raw) != self.size:
            raise LocalProtocolError(f"{quantity!r} is not {self.size} bytes")
        return raw


@dataclass(frozen=True, slots=True)
class Mask:
    """The numbers of the bits that are set, counted from 1: `1 3 8`; `-` where none is."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str) -> Value:
        word = int.from_bytes(raw, "little")
        numbers = [str(bit + 1) for bit in range(8 * self.size) if word >> bit & 1]
        return Value(name, None, " ".join(numbers) or "-", "")

    def encode(self, quantity: Quantity) -> bytes:
        written = str(quantity).replace("-", "").split()
        if not all(n.isascii() and n.isdecimal() and 1 <= int(n) <= 8 * self.size for n in written):
            raise LocalProtocolError(f"{quantity!r} is not a list of bits 1 to {8 * self.size}")
        return sum(1 << int(n) - 1 for n in set(written)).to_bytes(self.size, "little")


@dataclass(frozen=True, slots=True)
class Ip:
    """An IPv4 address, in the order in which it is written."""

    size: int = 4
    unit: str = ""

    def decode(self, raw: bytes, name: str) -> Value:
        return Value(name, None, ".".join(map(str, raw)), "")

    def encode(self, quantity: Quantity) -> bytes:
        parts = str(quantity).split(".")
        if len(parts) != 4 or not all(p.isascii() and p.isdecimal() and int(p) < 256 for p in parts):
            raise LocalProtocolError(f"{quantity!r} is not an IPv4 address")
        return bytes(map(int, parts))


@dataclass(frozen=True, slots=True)
class Text:
    """ASCII in reading order, filled up with NUL."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str) -> Value:
        written = raw.rstrip(b"\x00")
        if not written.isascii() or not written.decode("ascii").isprintable():
            return void(name, "", "not ASCII")
        return Value(name, None, written.decode("ascii"), "")

    def encode(self, quantity: Quantity) -> bytes:
        text = str(quantity or "")
        if not text.isascii() or not text.isprintable() or len(text) > self.size:
            raise LocalProtocolError(f"{text!r} is not plain ASCII of at most {self.size} characters")
        return text.encode("ascii").ljust(self.size, b"\x00")


_FULL: Final = Stamp("YYMMDDhhmmss")
STAMP_A16: Final = Stamp("DDhhmmss")


def _pieces(pattern: str) -> list[str]:
    return [pattern[at : at + 2] for at in range(0, len(pattern), 2)]


def _parts(written: str, pattern: str) -> dict[str, str]:
    digits = "".join(character for character in written if character in "0123456789")
    if "YY" in pattern:
        digits = digits[2:]
    pieces = sorted(_pieces(pattern), key=list(_RANGES).index)  # as written: days before hours, also in A.24
    if len(digits) != 2 * len(pieces):
        raise LocalProtocolError(f"{written!r} is not a time of the form {pattern}")
    parts = {piece: digits[2 * at : 2 * at + 2] for at, piece in enumerate(pieces)}
    if not _is_calendar_time(parts):
        raise LocalProtocolError(f"{written!r} is not a time of the form {pattern}")
    return parts


def _is_calendar_time(parts: Mapping[str, str]) -> bool:
    if any(int(digits) not in _RANGES[piece] for piece, digits in parts.items()):
        return False
    try:
        _day(parts)
    except ValueError:
        return False
    return True


def _day(parts: Mapping[str, str]) -> date:
    """The calendar day; a stamp without year or month may be any day of some month."""
    return date(2000 + int(parts.get("YY", "24")), int(parts.get("MM", "01")), int(parts.get("DD", "01")))


def _written(parts: Mapping[str, str]) -> str:
    day = "-".join(("20" if piece == "YY" else "") + parts[piece] for piece in ("YY", "MM", "DD") if piece in parts)
    clock = ":".join(parts[piece] for piece in ("hh", "mm", "ss") if piece in parts)
    return f"{day} {clock}".strip()
