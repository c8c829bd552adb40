"""Protocol buffers on the wire: field numbers with varints, 64-bit, 32-bit and length-delimited values, and back.

Knows no message. Reads at most so many fields as it is allowed, so that 64 KiB of tiny ones cost no more than a real
payload; refuses groups, which nobody sends any more, and varints longer than they may be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from protocols.errors import LocalProtocolError, RemoteProtocolError

LONGEST_VARINT: Final = 10
_VARINT, _BYTES, _FIXED = 0, 2, {1: 8, 5: 4}  # plain numbers: this loop runs for every byte of a hostile payload


class WireType(IntEnum):
    """How a field's value stands on the wire."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


@dataclass(slots=True)
class Budget:
    """How many fields may still be read, over all the messages inside one another."""

    fields: int


def read_fields(raw: bytes, budget: Budget) -> Iterator[tuple[int, int, int | bytes]]:
    """Field number, wire type and value: an unsigned integer, or the bytes of any other type."""
    at, end = 0, len(raw)
    while at < end:
        if budget.fields <= 0:
            raise RemoteProtocolError("more fields than a payload of meters has")
        budget.fields -= 1
        key = raw[at]
        at += 1
        if key >= 0x80:
            key, at = _varint(raw, at - 1)
        number, kind = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise RemoteProtocolError(f"field number {number}")
        value: int | bytes
        if kind == _VARINT and at < end and raw[at] < 0x80:
            value = raw[at]
            at += 1
        elif kind == _VARINT:
            value, at = _varint(raw, at)
        else:
            size, at = _size(kind, raw, at)
            value = raw[at : at + size]
            at += size
            if at > end:
                raise RemoteProtocolError(f"field {number} is cut off")
        yield number, kind, value


def varint(number: int) -> bytes:
    """An unsigned integer of up to 64 bits."""
    if not 0 <= number < 1 << 64:
        raise LocalProtocolError(f"{number} does not fit 64 bits")
    raw = bytearray()
    while number > 0x7F:
        raw.append(number & 0x7F | 0x80)
        number >>= 7
    raw.append(number)
    return bytes(raw)


def write_fields(fields: Iterable[tuple[int, int | bytes | None, WireType]]) -> bytes:
    """A message of (field number, value, wire type); None is left out."""
    raw = bytearray()
    for number, value, kind in fields:
        if value is None:
            continue
        raw += varint(number << 3 | kind)
        if isinstance(value, int):
            raw += varint(value)
        else:
            raw += (varint(len(value)) if kind is WireType.BYTES else b"") + value
    return bytes(raw)


def _size(kind: int, raw: bytes, at: int) -> tuple[int, int]:
    if kind == _BYTES:
        return (raw[at], at + 1) if at < len(raw) and raw[at] < 0x80 else _varint(raw, at)
    if kind not in _FIXED:
        raise RemoteProtocolError(f"wire type {kind}")
    return _FIXED[kind], at


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    for byte in raw[at : at + LONGEST_VARINT]:
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if number >= 1 << 64:
                raise RemoteProtocolError("a varint of more than 64 bits")
            return number, at
        shift += 7
    raise RemoteProtocolError("a varint that does not end")
