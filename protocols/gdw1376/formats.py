"""Data formats A.1 to A.28 of Q/GDW 376.1 and the binary ones: how a value lies in bytes, low byte first, and back.

Never guesses: EE or FF in every byte is "not available", a nibble above 9 is invalid, and neither becomes a number.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple, Protocol

from protocols.errors import LocalProtocolError

NOT_AVAILABLE: Final = "not available"
INVALID_BCD: Final = "invalid BCD"
NOT_A_TIME: Final = "not a calendar time"

Quantity = Decimal | int | str | None
"""What can be encoded: a number, a text, or None for "not available"."""


class Value(NamedTuple):
    """One member of a data unit. `number` is None for texts and wherever there is a `problem`."""

    name: str
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
    def decode(self, raw: bytes, name: str) -> Value: ...
    def encode(self, quantity: Quantity) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Bcd:
    """Packed BCD with fixed decimals; where `signed`, the top bit of the highest byte is the sign."""

    size: int
    decimals: int
    unit: str = ""
    signed: bool = False

    def decode(self, raw: bytes, name: str) -> Value:
        digits = raw[::-1].hex()
        negative = self.signed and raw[-1] & 0x80
        if negative:
            digits = f"{raw[-1] & 0x7F:02x}{digits[2:]}"
        if not digits.isdecimal():
            return void(name, self.unit, NOT_AVAILABLE if is_void(raw) else INVALID_BCD)
        decimals = self.decimals
        text = f"{digits[:-decimals].lstrip('0') or '0'}.{digits[-decimals:]}" if decimals else str(int(digits))
        if negative and digits.strip("0"):
            text = "-" + text
        return Value(name, Decimal(text), text, self.unit)

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xee" * self.size
        scaled = exact_integer(quantity, self.decimals)
        limit = 10 ** (2 * self.size) * (8 if self.signed else 10) // 10
        if abs(scaled) >= limit or (scaled < 0 and not self.signed):
            raise LocalProtocolError(f"{quantity} does not fit {self.size} bytes with {self.decimals} decimals")
        raw = bytearray.fromhex(f"{abs(scaled):0{2 * self.size}d}")[::-1]
        if scaled < 0:
            raw[-1] |= 0x80
        return bytes(raw)


@dataclass(frozen=True, slots=True)
class Power:
    """A.2: three digits, a sign and a power of ten from 10^4 down to 10^-3."""

    unit: str = "kW"
    size: int = 2

    def decode(self, raw: bytes, name: str) -> Value:
        digits = f"{raw[1] & 0x0F:x}{raw[0]:02x}"
        if is_void(raw):
            return void(name, self.unit)
        if not digits.isdecimal():
            return void(name, self.unit, INVALID_BCD)
        number = _shifted(int(digits), 4 - (raw[1] >> 5))
        return of_number(name, -number if raw[1] & 0x10 and number else number, self.unit)

    def encode(self, quantity: Quantity) -> bytes:
        """The finest step that holds the number exactly: 600 is written as 600 x 1, and 0.6 as 600 x 0.001."""
        if quantity is None:
            return b"\xee\xee"
        thousandths = exact_integer(quantity, 3)
        for coefficient in range(7, -1, -1):
            digits, rest = divmod(abs(thousandths), 10 ** (7 - coefficient))
            if not rest and digits <= 999:
                sign = 0x10 if thousandths < 0 else 0
                return bytes((int(f"{digits % 100:02d}", 16), coefficient << 5 | sign | digits // 100))
        raise LocalProtocolError(f"{quantity} is not three digits times a power of ten")


@dataclass(frozen=True, slots=True)
class Amount:
    """A.3: seven digits of energy or money, a sign, and a flag that makes them a thousand times as much."""

    unit: str
    decimals: int = 0  # of the small step: kWh 0; CNY 3, for li
    size: int = 4

    def decode(self, raw: bytes, name: str) -> Value:
        digits = f"{raw[3] & 0x0F:x}{raw[2::-1].hex()}"
        if is_void(raw):
            return void(name, self.unit)
        if not digits.isdecimal():
            return void(name, self.unit, INVALID_BCD)
        number = _shifted(int(digits), (3 if raw[3] & 0x40 else 0) - self.decimals)
        return of_number(name, -number if raw[3] & 0x10 and number else number, self.unit)

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            return b"\xee" * 4
        small = exact_integer(quantity, self.decimals)
        digits, flag = abs(small), 0
        if digits > 9_999_999:
            digits, rest = divmod(digits, 1000)
            flag = 0x40
            if rest or digits > 9_999_999:
                raise LocalProtocolError(f"{quantity} is not seven digits")
        raw = bytearray.fromhex(f"{digits:08d}")[::-1]
        raw[3] |= flag | (0x10 if small < 0 else 0)
        return bytes(raw)


@dataclass(frozen=True, slots=True)
class Binary:
    """An unsigned count of `step`s; binary fields cannot be "not available"."""

    size: int
    unit: str = ""
    step: Decimal = Decimal(1)

    def decode(self, raw: bytes, name: str) -> Value:
        return of_number(name, int.from_bytes(raw, "little") * self.step, self.unit)

    def encode(self, quantity: Quantity) -> bytes:
        if quantity is None:
            raise LocalProtocolError("a binary field always has a value")
        try:
            count, rest = divmod(Decimal(quantity), self.step)
        except (InvalidOperation, ValueError) as error:
            raise LocalProtocolError(f"{quantity!r} is not a number") from error
        if rest or not 0 <= count < 1 << 8 * self.size:
            raise LocalProtocolError(f"{quantity} is not a count of {self.step} in {self.size} bytes")
        return int(count).to_bytes(self.size, "little")


@dataclass(frozen=True, slots=True)
class Timeout:
    """One byte in tens of milliseconds or, with the top bit, in seconds."""

    size: int = 1
    unit: str = "ms"

    def decode(self, raw: bytes, name: str) -> Value:
        return of_number(name, Decimal((raw[0] & 0x7F) * (1000 if raw[0] & 0x80 else 10)), self.unit)

    def encode(self, quantity: Quantity) -> bytes:
        milliseconds = -1 if quantity is None else exact_integer(quantity, 0)
        for step, flag in ((10, 0), (1000, 0x80)):
            count, rest = divmod(milliseconds, step)
            if not rest and 0 <= count < 0x80:
                return bytes((flag | count,))
        raise LocalProtocolError(f"{quantity} ms is not 0 to 127 times 10 ms or 1 s")


def of_number(name: str, number: Decimal, unit: str) -> Value:
    return Value(name, number, f"{number:f}", unit)


def void(name: str, unit: str, problem: str = NOT_AVAILABLE) -> Value:
    return Value(name, None, "", unit, problem)


def is_void(raw: bytes) -> bool:
    """Every byte EE, or every byte FF."""
    return raw.count(0xEE) == len(raw) or raw.count(0xFF) == len(raw)


def exact_integer(quantity: Decimal | int | str, decimals: int) -> int:
    try:
        scaled = Decimal(quantity).scaleb(decimals)
        integer = int(scaled)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise LocalProtocolError(f"{quantity!r} is not a number") from error
    if scaled != integer:
        raise LocalProtocolError(f"{quantity} has more than {decimals} decimals")
    return integer


def _shifted(digits: int, exponent: int) -> Decimal:
    """Digits times a power of ten, never written with an exponent."""
    return Decimal(digits * 10**exponent) if exponent >= 0 else Decimal(digits).scaleb(exponent)
