"""Formats that only commands use: codes in hex, the freeze moment, the baud word, command words. No layouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.dlt645.formats import INVALID_BCD, Quantity, Value
from protocols.errors import LocalProtocolError

ANY: Final = "**"
"""Stands in a freeze moment for "every": 99 on the wire."""

BAUD_BITS: Final[Mapping[int, int]] = {1: 600, 2: 1200, 3: 2400, 4: 4800, 5: 9600, 6: 19200}
OUTPUTS: Final[Mapping[int, str]] = {0x00: "second pulse", 0x01: "demand period", 0x02: "tariff switch"}


@dataclass(frozen=True, slots=True)
class Hex:
    """Bytes that are a code and not a number: hex digits, high byte first. FF is a code like any other."""

    size: int
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        return Value(name, di, None, raw[::-1].hex().upper(), "")

    def encode(self, quantity: Quantity) -> bytes:
        try:
            raw = bytes.fromhex(str(quantity))
        except ValueError as error:
            raise LocalProtocolError(f"{quantity!r} is not hex") from error
        if len(raw) != self.size:
            raise LocalProtocolError(f"{quantity!r} is not {self.size} bytes")
        return raw[::-1]


@dataclass(frozen=True, slots=True)
class Choice:
    """One byte that is one of a few words. A byte nobody described is told by its hex digits."""

    words: Mapping[int, str]
    size: int = 1
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        return Value(name, di, None, self.words.get(raw[0], f"unknown {raw[0]:02X}"), "")

    def encode(self, quantity: Quantity) -> bytes:
        for code, word in self.words.items():
            if word == quantity:
                return bytes([code])
        raise LocalProtocolError(f"{quantity!r} is none of: {', '.join(self.words.values())}")


@dataclass(frozen=True, slots=True)
class BaudWord:
    """A rate in bit/s as the one bit that is set for it; none or several are no rate."""

    bits: Mapping[int, int]
    size: int = 1
    unit: str = "bit/s"

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        for bit, rate in self.bits.items():
            if raw[0] == 1 << bit:
                return Value(name, di, None, str(rate), self.unit)
        return Value(name, di, None, "", self.unit, f"{raw[0]:02X} is not one rate")

    def encode(self, quantity: Quantity) -> bytes:
        for bit, rate in self.bits.items():
            if str(quantity) == str(rate):
                return bytes([1 << bit])
        raise LocalProtocolError(f"{quantity} bit/s is none of: {', '.join(map(str, self.bits.values()))}")


_FREEZE_KINDS: Final[Mapping[int, str]] = {0: "hourly", 1: "daily", 2: "monthly", 3: "at one time", -1: "now"}
_PLACES: Final = (("minute", range(60)), ("hour", range(24)), ("day", range(1, 32)), ("month", range(1, 13)))


@dataclass(frozen=True, slots=True)
class FreezeMoment:
    """When to freeze, as MM-DD hh:mm; ** from the left says how often, and everywhere: now."""

    size: int = 4
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        digits = [f"{byte:02x}" for byte in raw]
        if not "".join(digits).isdecimal():
            return Value(name, di, None, "", "", INVALID_BCD)
        minute, hour, day, month = (ANY if pair == "99" else pair for pair in digits)
        problem = None if freeze_kind(raw) else "not a moment to freeze at"
        return Value(name, di, None, "" if problem else f"{month}-{day} {hour}:{minute}", "", problem)

    def encode(self, quantity: Quantity) -> bytes:
        text = str(quantity).replace(ANY, "99").replace("-", "").replace(" ", "").replace(":", "")
        if len(text) != 8 or not (text.isascii() and text.isdecimal()) or not freeze_kind(bytes.fromhex(text)[::-1]):
            raise LocalProtocolError(f"{quantity!r} is not a moment of the form MM-DD hh:mm with ** from the left")
        return bytes.fromhex(text)[::-1]


@dataclass(frozen=True, slots=True)
class FreezeKind:
    """The kind of freeze that a moment stands for; read only, it shares the bytes of the moment."""

    size: int = 4
    unit: str = ""

    def decode(self, raw: bytes, name: str, di: str) -> Value:
        kind = freeze_kind(raw)
        return Value(name, di, None, kind or "", "", None if kind else "not a moment to freeze at")

    def encode(self, quantity: Quantity) -> bytes:
        raise LocalProtocolError("the kind of a freeze follows from its moment")


def freeze_kind(raw: bytes) -> str | None:
    """How often the moment in these bytes comes: the places that are named must be the low ones."""
    if not raw.hex().isdecimal():
        return None
    numbers = [int(f"{byte:02x}") for byte in raw]
    named = [number != 99 for number in numbers]
    last = max((at for at, is_named in enumerate(named) if is_named), default=-1)
    is_gapless = all(named[: last + 1])
    are_real = all(number in _PLACES[at][1] for at, number in enumerate(numbers[: last + 1]))
    return _FREEZE_KINDS[last] if is_gapless and are_real else None
