"""How values lie in bytes: a small language of layouts, each of which reads and writes. No meaning, no objects.

A value is an int, bool, str, bytes, None, or a tuple of values; the layout says which. Numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar

from protocols.errors import LocalProtocolError, RemoteProtocolError

MAX_DEPTH: Final = 16
MAX_ITEMS: Final = 4096
_LONG_LENGTH: Final = 0x80
T = TypeVar("T")

Value: TypeAlias = object
"""What a layout reads; each layout states its own kind and refuses to write another."""


class Reader:
    """A place in bytes. Raises where they end too soon, nest too deep or hold too many items."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.position = 0
        self._depth = 0
        self._items = 0

    @property
    def left(self) -> int:
        return len(self._raw) - self.position

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise RemoteProtocolError(f"data ends after {len(self._raw)} bytes where {size - self.left} more belong")
        start = self.position
        self.position = start + size
        return self._raw[start : self.position]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def length(self) -> int:
        """A length: below 80H itself, else the number of its bytes."""
        first = self.byte()
        if first < _LONG_LENGTH:
            return first
        size = first - _LONG_LENGTH
        if not 1 <= size <= 4:
            raise RemoteProtocolError(f"a length of {size} bytes")
        return self.number(size)

    def count(self) -> int:
        """How many items follow; each has at least one byte."""
        count = self.length()
        self.charge(count)
        if count > self.left:
            raise RemoteProtocolError(f"{count} items announced in the last {self.left} bytes")
        return count

    def charge(self, items: int) -> None:
        """Count items that are about to be read against the most that there may be."""
        self._items += items
        if self._items > MAX_ITEMS:
            raise RemoteProtocolError(f"more than {MAX_ITEMS} items")

    def enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RemoteProtocolError(f"data nested more than {MAX_DEPTH} deep")

    def leave(self) -> None:
        self._depth -= 1


class Layout(Protocol):
    """Bytes to a value and back."""

    def read(self, reader: Reader) -> Value: ...

    def write(self, value: Value) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Bits:
    """A bit string; the first bit is the high bit of the first byte."""

    count: int
    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != (self.count + 7) // 8:
            raise LocalProtocolError(f"{self.count} bits do not lie in {len(self.raw)} bytes")


@dataclass(frozen=True, slots=True)
class Nothing:
    """No bytes: None."""

    def read(self, reader: Reader) -> None:
        return None

    def write(self, value: Value) -> bytes:
        if value is not None:
            raise LocalProtocolError(f"{value!r} where nothing belongs")
        return b""


@dataclass(frozen=True, slots=True)
class Boolean:
    """One byte; 0 is False, and written as 01 True."""

    def read(self, reader: Reader) -> bool:
        return reader.byte() != 0

    def write(self, value: Value) -> bytes:
        return b"\x01" if _is(bool, value) else b"\x00"


@dataclass(frozen=True, slots=True)
class Number:
    """An integer of `size` bytes."""

    size: int
    signed: bool = False

    def read(self, reader: Reader) -> int:
        return int.from_bytes(reader.take(self.size), "big", signed=self.signed)

    def write(self, value: Value) -> bytes:
        try:
            return _is(int, value).to_bytes(self.size, "big", signed=self.signed)
        except OverflowError as error:
            raise LocalProtocolError(f"{value!r} does not fit {self.size} bytes") from error


@dataclass(frozen=True, slots=True)
class Float:
    """An IEEE number, by its struct format."""

    format: str

    def read(self, reader: Reader) -> float:
        number: float = struct.unpack(self.format, reader.take(struct.calcsize(self.format)))[0]
        return number

    def write(self, value: Value) -> bytes:
        try:
            return struct.pack(self.format, _is(float, value))
        except OverflowError as error:
            raise LocalProtocolError(f"{value!r} does not fit") from error


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly `size` bytes, as they are."""

    size: int

    def read(self, reader: Reader) -> bytes:
        return reader.take(self.size)

    def write(self, value: Value) -> bytes:
        if len(_is(bytes, value)) != self.size:
            raise LocalProtocolError(f"{value!r} has not {self.size} bytes")
        return _is(bytes, value)


@dataclass(frozen=True, slots=True)
class Hex:
    """Exactly `size` bytes as upper-case hex digits: an identifier such as an OAD."""

    size: int

    def read(self, reader: Reader) -> str:
        return reader.take(self.size).hex().upper()

    def write(self, value: Value) -> bytes:
        try:
            raw = bytes.fromhex(_is(str, value))
        except ValueError as error:
            raise LocalProtocolError(f"{value!r} is not hex") from error
        return Raw(self.size).write(raw)


@dataclass(frozen=True, slots=True)
class Octets:
    """A length and that many bytes."""

    def read(self, reader: Reader) -> bytes:
        return reader.take(reader.length())

    def write(self, value: Value) -> bytes:
        return length_to_wire(len(_is(bytes, value))) + _is(bytes, value)


@dataclass(frozen=True, slots=True)
class Text:
    """A length and that many bytes of characters. Bytes that are none survive as surrogates and write back."""

    encoding: str

    def read(self, reader: Reader) -> str:
        return reader.take(reader.length()).decode(self.encoding, "surrogateescape")

    def write(self, value: Value) -> bytes:
        try:
            return Octets().write(_is(str, value).encode(self.encoding, "surrogateescape"))
        except UnicodeEncodeError as error:
            raise LocalProtocolError(f"{value!r} is not {self.encoding}") from error


@dataclass(frozen=True, slots=True)
class BitString:
    """A length in bits and the bytes that hold them."""

    def read(self, reader: Reader) -> Bits:
        count = reader.length()
        return Bits(count, reader.take((count + 7) // 8))

    def write(self, value: Value) -> bytes:
        return length_to_wire(_is(Bits, value).count) + _is(Bits, value).raw


@dataclass(frozen=True, slots=True)
class Fields:
    """One layout after the other: a tuple."""

    layouts: Sequence[Layout]

    def read(self, reader: Reader) -> tuple[Value, ...]:
        return tuple(layout.read(reader) for layout in self.layouts)

    def write(self, value: Value) -> bytes:
        values = _is(tuple, value)
        if len(values) != len(self.layouts):
            raise LocalProtocolError(f"{len(values)} values where {len(self.layouts)} belong")
        return b"".join(layout.write(part) for layout, part in zip(self.layouts, values, strict=True))


@dataclass(frozen=True, slots=True)
class Many:
    """A count and that many of one layout: a tuple."""

    layout: Layout

    def read(self, reader: Reader) -> tuple[Value, ...]:
        return tuple(self.layout.read(reader) for _ in range(reader.count()))

    def write(self, value: Value) -> bytes:
        values = _is(tuple, value)
        return length_to_wire(len(values)) + b"".join(self.layout.write(part) for part in values)


@dataclass(frozen=True, slots=True)
class Choice:
    """A byte that says which layout follows: (choice, value)."""

    name: str
    layouts: Mapping[int, Layout]

    def read(self, reader: Reader) -> tuple[int, Value]:
        choice = reader.byte()
        return choice, self._layout(choice, RemoteProtocolError).read(reader)

    def write(self, value: Value) -> bytes:
        choice, chosen = _is(tuple, value)
        return bytes([choice]) + self._layout(choice, LocalProtocolError).write(chosen)

    def _layout(self, choice: int, error: type[LocalProtocolError | RemoteProtocolError]) -> Layout:
        if choice not in self.layouts:
            raise error(f"unknown {self.name} {choice}")
        return self.layouts[choice]


def length_to_wire(length: int) -> bytes:
    """The bytes of a length, as short as can be."""
    if length < _LONG_LENGTH:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([_LONG_LENGTH + size]) + length.to_bytes(size, "big")


def _is(kind: type[T], value: Value) -> T:
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, kind):
        raise LocalProtocolError(f"{value!r} is no {kind.__name__}")
    return value
