"""Data formats of DL/T 645: how a number, a time or a text lies in bytes (low byte first), and back, exactly.

Never guesses: FF in every byte is "not present", a nibble above 9 is invalid, and neither becomes a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple, Protocol

from protocols.errors import LocalProtocolError

NOT_PRESENT: Final = "not present"
INVALID_BCD: Final = "invalid BCD"
NEVER: Final = "no time recorded"
NOT_A_TIME: Final = "not a calendar time"
NOT_ASCII: Final = "not ASCII"

_SIGN: Final = 0x80
_PLAIN_DECIMALS: Final = 6  # with more of them `str` writes small numbers with an exponent
_tuple = tuple.__new__  # builds a named tuple in half the time of its own constructor

Quantity = Decimal | int | str | None
"""What can be encoded: a number, a text, or None for "not present"."""


class Value(NamedTuple):
    """One member of a data item. `number` is None for texts and wherever there is a `problem`.

    A named tuple, because every register of every reading makes one and it builds three times faster.
    """

    name: str
    di: str
    number: Decimal | None
    text: str
    unit: str
    problem: str | None = None


class Format(Protocol):
    """A way to write one value into `size` bytes. `decode` and `encode` are inverse."""

    @property
    def size(self) -> int: ...
    @property
    def unit(self) -> str: ...
    def decode(self, raw: bytes, name: str, di: str) -> Value: ...
    def encode(self, quantity: Quantity) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Number:
    """Packed BCD with fixed decimals; where `signed`, the top bit of the highest byte is the sign."""

    size: int
    decimals: int
    unit: str
    signed: bool = False

    _group: int = field(init=False, repr=False, compare=False)
    _write: Callable[[Decimal], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_group", _point_group(self.size, self.decimals))
        object.__setattr__(self, "_write", str if self.decimals <= _PLAIN_DECIMALS else _plain)

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        if self.signed and raw[-1] & _SIGN:
            return self._negative(raw, name, di)
        if not raw.hex().isdecimal():
            return _void(raw, name, di, self.unit)
        group = self._group
        number = Decimal(raw[::-1].hex(".", group) if group else _with_point(raw[::-1].hex(), self.decimals))
        return _tuple(Value, (name, di, number, self._write(number), self.unit, None))

    def _negative(self, raw: bytes, name: str, di: str) -> Value:
        """That of the same bytes without the sign bit, below zero."""
        value = self.decode(raw[:-1] + bytes((raw[-1] ^ _SIGN,)), name, di)
        if value.number is None:
            return _void(raw, name, di, self.unit)
        return value._replace(number=-value.number, text=f"-{value.text}") if value.number else value

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xff" * self.size
        scaled = _exact_integer(quantity, self.decimals)
        limit = 10 ** (2 * self.size) * (8 if self.signed else 10) // 10
        if abs(scaled) >= limit or (scaled < 0 and not self.signed):
            raise LocalProtocolError(f"{quantity} does not fit {self.size} bytes with {self.decimals} decimals")
        raw = bytearray.fromhex(f"{abs(scaled):0{2 * self.size}d}")[::-1]
        if scaled < 0:
            raw[-1] |= _SIGN
        return bytes(raw)


@dataclass(frozen=True, slots=True)
class Digits:
    """Decimal digits that are a name and not an amount: leading zeros count."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        digits = raw[::-1].hex()
        return Value(name, di, None, digits, "") if digits.isdecimal() else _void(raw, name, di, "")

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xff" * self.size
        digits = str(quantity)
        if len(digits) != 2 * self.size or not (digits.isascii() and digits.isdecimal()):
            raise LocalProtocolError(f"{digits!r} is not {2 * self.size} decimal digits")
        return bytes.fromhex(digits)[::-1]


@dataclass(frozen=True, slots=True)
class Text:
    """ASCII, last character first on the wire, filled up with NUL."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        if raw.count(0xFF) == len(raw):
            return Value(name, di, None, "", "", NOT_PRESENT)
        written = raw[::-1].strip(b"\x00 ")
        if not written.isascii() or not written.decode("ascii").isprintable():
            return Value(name, di, None, "", "", NOT_ASCII)
        return Value(name, di, None, written.decode("ascii"), "")

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xff" * self.size
        text = str(quantity)
        if not text.isascii() or not text.isprintable() or len(text) > self.size or text != text.strip(" "):
            raise LocalProtocolError(f"{text!r} is not plain ASCII of at most {self.size} characters")
        return text.encode("ascii").ljust(self.size, b"\x00")[::-1]


@dataclass(frozen=True, slots=True)
class Bits:
    """A word of bits; its text is the hex digits of the word, high byte first."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        if raw.count(0xFF) == len(raw):
            return Value(name, di, None, "", "", NOT_PRESENT)
        return Value(name, di, None, raw[::-1].hex().upper(), "")

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xff" * self.size
        text = f"{quantity:0{2 * self.size}X}" if isinstance(quantity, int) else str(quantity)
        try:
            raw = bytes.fromhex(text)
        except ValueError as error:
            raise LocalProtocolError(f"{text!r} is not hex") from error
        if len(raw) != self.size:
            raise LocalProtocolError(f"{text!r} is not {self.size} bytes")
        return raw[::-1]


_RANGES: Final[Mapping[str, range]] = {
    "YY": range(100),
    "MM": range(1, 13),
    "DD": range(1, 32),
    "WW": range(8),  # 0 = Sunday; some makers say 7
    "hh": range(24),
    "mm": range(60),
    "ss": range(60),
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time by the meter's own clock, without a zone. `pattern` is written high first, as in YYMMDDhhmm.

    A weekday inside a full date is left out of the text and computed on encoding.
    """

    pattern: str
    unit: str = ""

    @property
    def size(self) -> int:
        return len(self.pattern) // 2

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        digits = raw[::-1].hex()
        if not digits.isdecimal():
            return _void(raw, name, di, "")
        if "DD" in self.pattern and not raw.strip(b"\x00"):
            return Value(name, di, None, "", "", NEVER)
        parts = {piece: digits[at : at + 2] for at, piece in self._pieces()}
        if not _is_calendar_time(parts):
            return Value(name, di, None, "", "", NOT_A_TIME)
        return Value(name, di, None, _written_time(parts), "")

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xff" * self.size
        if quantity == "" and "DD" in self.pattern:
            return bytes(self.size)
        digits = [character for character in str(quantity) if character.isdecimal()]
        if "YY" in self.pattern:
            digits = digits[2:]
        written = [piece for _, piece in self._pieces() if piece != "WW"]
        if len(digits) != 2 * len(written):
            raise LocalProtocolError(f"{quantity!r} is not a time of the form {self.pattern}")
        parts = {piece: "".join(digits[2 * at : 2 * at + 2]) for at, piece in enumerate(written)}
        if not _is_calendar_time(parts):
            raise LocalProtocolError(f"{quantity!r} is not a time of the form {self.pattern}")
        if "WW" in self.pattern:
            parts["WW"] = f"{_day(parts).isoweekday() % 7:02d}"
        return bytes.fromhex("".join(parts[piece] for _, piece in self._pieces()))[::-1]

    def _pieces(self) -> list[tuple[int, str]]:
        return [(at, self.pattern[at : at + 2]) for at in range(0, len(self.pattern), 2)]


def _is_calendar_time(parts: Mapping[str, str]) -> bool:
    if any(int(digits) not in _RANGES[piece] for piece, digits in parts.items()):
        return False
    try:
        _day(parts)
    except ValueError:
        return False
    return True


def _day(parts: Mapping[str, str]) -> date:
    """The calendar day; a stamp without a year may be the 29th of February, so a leap year stands in."""
    return date(2000 + int(parts.get("YY", "24")), int(parts.get("MM", "01")), int(parts.get("DD", "01")))


def _written_time(parts: Mapping[str, str]) -> str:
    day = "-".join(("20" if piece == "YY" else "") + parts[piece] for piece in ("YY", "MM", "DD") if piece in parts)
    clock = ":".join(parts[piece] for piece in ("hh", "mm", "ss") if piece in parts)
    return f"{day} {clock}".strip()


def _point_group(size: int, decimals: int) -> int:
    """What `bytes.hex` must be told to put its separator where the point is; 0 where the point parts no bytes."""
    fraction, odd = divmod(decimals, 2)
    whole = size - fraction
    if odd or not fraction or not whole:
        return 0
    return -whole if fraction <= whole else fraction


def _with_point(digits: str, decimals: int) -> str:
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def _plain(number: Decimal) -> str:
    return f"{number:f}"


def _void(raw: bytes, name: str, di: str, unit: str) -> Value:
    problem = NOT_PRESENT if raw.count(0xFF) == len(raw) else INVALID_BCD
    return Value(name, di, None, "", unit, problem)


def _exact_integer(quantity: Decimal | int | str, decimals: int) -> int:
    try:
        scaled = Decimal(quantity).scaleb(decimals)
        integer = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise LocalProtocolError(f"{quantity!r} is not a number") from error
    if scaled != integer:
        raise LocalProtocolError(f"{quantity} has more than {decimals} decimals")
    return integer
