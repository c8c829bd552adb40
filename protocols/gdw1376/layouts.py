"""What the data of a function consist of: named parts in order, read and written by one declaration.

A layout is a tuple of parts. It reads exactly what it declares and never past the end: short data is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

from protocols.errors import LocalProtocolError, RemoteProtocolError
from protocols.gdw1376.formats import Binary, Format, Quantity, Value, exact_integer, of_number

Quantities = Mapping[str, Quantity]


@dataclass(slots=True)
class Cursor:
    """A place in the bytes of a frame, and what was read before it."""

    raw: bytes
    at: int = 0
    values: list[Value] = field(default_factory=list)

    @property
    def left(self) -> int:
        return len(self.raw) - self.at

    def take(self, size: int, what: str) -> bytes:
        if size > self.left:
            raise RemoteProtocolError(f"{what}: {self.left} bytes left, {size} needed")
        self.at += size
        return self.raw[self.at - size : self.at]

    def count(self, name: str) -> int:
        """The last value of this name as a count; 0 where there is none."""
        number = next((value.number for value in reversed(self.values) if value.name == name), None)
        return 0 if number is None else int(number)


class Part(Protocol):
    """A piece of a layout. `suffix` tells repeated parts apart."""

    def decode(self, cursor: Cursor, suffix: str) -> None: ...
    def encode(self, quantities: Quantities, suffix: str) -> bytes: ...


Layout = tuple[Part, ...]
NOTHING: Final[Layout] = ()


def decode(layout: Layout, cursor: Cursor, suffix: str = "") -> None:
    """Read the parts at the cursor into its values."""
    for part in layout:
        part.decode(cursor, suffix)


def encode(layout: Layout, quantities: Quantities, suffix: str = "") -> bytes:
    """The bytes of these quantities, named as `decode` names them."""
    return b"".join(part.encode(quantities, suffix) for part in layout)


@dataclass(frozen=True, slots=True)
class Field:
    """One value."""

    name: str
    format: Format

    def decode(self, cursor: Cursor, suffix: str) -> None:
        name = self.name + suffix
        cursor.values.append(self.format.decode(cursor.take(self.format.size, name), name))

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        return self.format.encode(_given(quantities, self.name + suffix))


@dataclass(frozen=True, slots=True)
class Bits:
    """A piece of a `Packed` word; `offset` and `step` make the value of its count, or it picks one of `choices`."""

    name: str
    width: int
    unit: str = ""
    offset: int = 0
    step: Decimal = Decimal(1)
    choices: tuple[int, ...] = ()

    def value(self, count: int) -> Decimal:
        return Decimal(self.choices[count]) if self.choices else count * self.step + self.offset

    def count(self, quantity: Quantity) -> int:
        if quantity is None:
            raise LocalProtocolError(f"{self.name} has no value")
        wanted = Decimal(exact_integer(quantity, 6)).scaleb(-6)
        found = next((count for count in range(1 << self.width) if self.value(count) == wanted), None)
        if found is None:
            raise LocalProtocolError(f"{self.name} {quantity} does not fit {self.width} bits")
        return found


@dataclass(frozen=True, slots=True)
class Packed:
    """Several counts in one little-endian word, lowest bits first; a nameless piece is reserved."""

    size: int
    pieces: tuple[Bits, ...]

    def decode(self, cursor: Cursor, suffix: str) -> None:
        word = int.from_bytes(cursor.take(self.size, self.pieces[0].name + suffix), "little")
        for piece in self.pieces:
            count = word & (1 << piece.width) - 1
            word >>= piece.width
            if piece.name:
                cursor.values.append(of_number(piece.name + suffix, piece.value(count), piece.unit))

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        word = shift = 0
        for piece in self.pieces:
            count = piece.count(_given(quantities, piece.name + suffix)) if piece.name else 0
            word |= count << shift
            shift += piece.width
        return word.to_bytes(self.size, "little")


@dataclass(frozen=True, slots=True)
class Tariffs:
    """A total, then as many tariffs as the value `tariffs` before it says."""

    name: str
    format: Format

    def decode(self, cursor: Cursor, suffix: str) -> None:
        for name in self._names(cursor.count("tariffs" + suffix)):
            Field(name, self.format).decode(cursor, suffix)

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        names = self._names(_integer(quantities, "tariffs" + suffix))
        return b"".join(Field(name, self.format).encode(quantities, suffix) for name in names)

    def _names(self, tariffs: int) -> list[str]:
        return [self.name, *(f"{self.name}_t{tariff}" for tariff in range(1, tariffs + 1))]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Parts that stand as often as the value named `count` says; `_1`, `_2` ... tell them apart."""

    count: str
    parts: Layout

    def decode(self, cursor: Cursor, suffix: str) -> None:
        for number in range(1, cursor.count(self.count + suffix) + 1):
            place = f"{suffix}_{number}"
            for part in self.parts:
                part.decode(cursor, place)

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        numbers = range(1, _integer(quantities, self.count + suffix) + 1)
        return b"".join(encode(self.parts, quantities, f"{suffix}_{number}") for number in numbers)


@dataclass(frozen=True, slots=True)
class ToTheEnd:
    """Parts that stand again and again until the data end."""

    parts: Layout
    key: str

    def decode(self, cursor: Cursor, suffix: str) -> None:
        number = 0
        while cursor.left:
            number += 1
            decode(self.parts, cursor, f"{suffix}_{number}")

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        raw, number = b"", 1
        while f"{self.key}{suffix}_{number}" in quantities:
            raw += encode(self.parts, quantities, f"{suffix}_{number}")
            number += 1
        return raw


@dataclass(frozen=True, slots=True)
class IfPresent:
    """Parts that newer terminals add at the end."""

    parts: Layout
    key: str

    def decode(self, cursor: Cursor, suffix: str) -> None:
        if cursor.left:
            decode(self.parts, cursor, suffix)

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        return encode(self.parts, quantities, suffix) if self.key + suffix in quantities else b""


@dataclass(frozen=True, slots=True)
class Counted:
    """Octets in hex behind their own little-endian count."""

    name: str
    count_size: int

    def decode(self, cursor: Cursor, suffix: str) -> None:
        name = self.name + suffix
        size = int.from_bytes(cursor.take(self.count_size, name), "little")
        cursor.values.append(Value(name, None, cursor.take(size, name).hex().upper(), ""))

    def encode(self, quantities: Quantities, suffix: str) -> bytes:
        try:
            raw = bytes.fromhex(str(_given(quantities, self.name + suffix)))
        except ValueError as error:
            raise LocalProtocolError(f"{self.name} is not hex") from error
        return Binary(self.count_size).encode(len(raw)) + raw


def _given(quantities: Quantities, name: str) -> Quantity:
    if name not in quantities:
        raise LocalProtocolError(f"{name} is missing")
    return quantities[name]


def _integer(quantities: Quantities, name: str) -> int:
    quantity = _given(quantities, name)
    if quantity is None:
        raise LocalProtocolError(f"{name} has no value")
    return exact_integer(quantity, 0)
