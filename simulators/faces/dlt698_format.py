"""How DL/T 698.45 writes data in an answer: a type byte, then the value with its high byte first. Meter side.

Written from the standard on its own, without the head-end's decoder, so that one mistake cannot hide in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

NULL = b"\x00"
ARRAY, STRUCTURE, OCTETS, MOMENT = 0x01, 0x02, 0x09, 0x1C


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number type of the standard: its byte, its size, and how many decimals the count has."""

    type_byte: int
    size: int
    signed: bool
    decimals: int

    def encode(self, value: Decimal) -> bytes:
        """Type and count; OverflowError where it does not fit."""
        count = int(value.scaleb(self.decimals))
        return bytes((self.type_byte,)) + count.to_bytes(self.size, "big", signed=self.signed)


def listed(data: Sequence[bytes]) -> bytes:
    """An array of data already written."""
    return bytes((ARRAY, len(data))) + b"".join(data)


def structured(data: Sequence[bytes]) -> bytes:
    """A structure of data already written."""
    return bytes((STRUCTURE, len(data))) + b"".join(data)


def octets(digits: str) -> bytes:
    """Digits two in a byte, the first ones first."""
    raw = bytes.fromhex(digits)
    return bytes((OCTETS, len(raw))) + raw


def date_time_s(shown: datetime | None) -> bytes:
    """Year in two bytes, then month, day, hour, minute, second; null where there was no such moment."""
    if shown is None:
        return NULL
    parts = (shown.month, shown.day, shown.hour, shown.minute, shown.second)
    return bytes((MOMENT,)) + shown.year.to_bytes(2, "big") + bytes(parts)
