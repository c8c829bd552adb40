"""What registers mean: eight number types in both word orders, as exact decimals, and back.

A float register is told as the shortest decimal that reads back to the same float, cut to the step that the profile
states: 43663334 reads back as 230.20001, which is 230.2 V with the noise of a 24-bit float behind it. No arithmetic is
done on the float itself. Knows no meter; profiles say what stands where.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from math import isinf, isnan
from typing import Final, NamedTuple

import numpy as np

from protocols.errors import LocalProtocolError


class RegisterType(StrEnum):
    """Number types; each fills one, two or four registers."""

    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"

    @property
    def words(self) -> int:
        """How many registers a number fills."""
        return int(self[1:]) // 16

    @property
    def is_float(self) -> bool:
        return self.value[0] == "f"


class WordOrder(StrEnum):
    """`big` sends the high word first; the bytes inside a word are always high byte first."""

    BIG = "big"
    LITTLE = "little"


LARGEST_FLOAT: Final = Decimal(10) ** 15
FINEST_STEP: Final = -12  # below, LARGEST_FLOAT would not fit the precision of a Decimal
_LAYOUT: Final[Mapping[RegisterType, str]] = {
    RegisterType.U16: ">H",
    RegisterType.I16: ">h",
    RegisterType.U32: ">I",
    RegisterType.I32: ">i",
    RegisterType.U64: ">Q",
    RegisterType.I64: ">q",
    RegisterType.F32: ">f",
    RegisterType.F64: ">d",
}


_STRUCTS: Final = {kind: struct.Struct(layout) for kind, layout in _LAYOUT.items()}
_BYTES: Final = {kind: 2 * kind.words for kind in RegisterType}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a number stands in registers.

    `resolution` is what one count of an integer is worth, or the step that a float is rounded to; `worth` is what a
    float of 1 means (some meters tell tenths in floats). `invalid` are raw patterns, high word first, by which the
    meter says that it has no value.
    """

    type: RegisterType
    resolution: Decimal = Decimal(1)
    word_order: WordOrder = WordOrder.BIG
    invalid: frozenset[int] = frozenset()
    worth: Decimal = Decimal(1)
    is_decimal_step: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.resolution.is_finite() or self.resolution <= 0:
            raise ValueError("the resolution must be above zero")
        if not self.worth.is_finite() or self.worth <= 0:
            raise ValueError("what one is worth must be above zero")
        if self.worth != 1 and not self.type.is_float:
            raise ValueError("a count is worth the resolution; worth is for floats")
        _, digits, exponent = self.resolution.as_tuple()
        object.__setattr__(self, "is_decimal_step", digits == (1,) and int(exponent) >= FINEST_STEP)


class Number(NamedTuple):
    """A register's value, or None and why there is none."""

    value: Decimal | None
    problem: str = ""


def decode(words: Sequence[int], layout: Layout) -> Number:
    """The value of as many registers as the type fills."""
    return decode_bytes(struct.pack(f">{len(words)}H", *words), layout)


def decode_bytes(raw: bytes, layout: Layout) -> Number:
    """The same of registers as they came: two bytes each, the high byte first."""
    if len(raw) != _BYTES[layout.type]:
        raise LocalProtocolError(f"{len(raw) // 2} registers where {layout.type} fills {layout.type.words}")
    if layout.word_order is WordOrder.LITTLE:
        raw = b"".join(raw[at : at + 2] for at in range(len(raw) - 2, -1, -2))
    if layout.invalid and int.from_bytes(raw, "big") in layout.invalid:
        return Number(None, f"not present ({raw.hex().upper()})")
    (number,) = _STRUCTS[layout.type].unpack(raw)
    return _float(number, raw, layout) if isinstance(number, float) else Number(number * layout.resolution)


def text(raw: bytes) -> str:
    """Two characters a register, without what fills them up; what is no ASCII shows as a question mark."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in raw.split(b"\0", 1)[0]).strip()


def encode(value: Decimal, layout: Layout) -> tuple[int, ...]:
    """The registers of a value; floats take the nearest one, integers refuse what they cannot hold."""
    try:
        raw = struct.pack(
            _LAYOUT[layout.type], float(value / layout.worth) if layout.type.is_float else _count(value, layout)
        )
    except (struct.error, OverflowError) as error:
        raise LocalProtocolError(f"{value} does not fit {layout.type}: {error}") from error
    words = struct.unpack(f">{layout.type.words}H", raw)
    return words if layout.word_order is WordOrder.BIG else words[::-1]


def _float(number: float, raw: bytes, layout: Layout) -> Number:
    if isnan(number):
        return Number(None, f"not present (NaN {raw.hex().upper()})")
    if isinf(number):
        return Number(None, f"infinite ({raw.hex().upper()})")
    shortest, step = Decimal(str(np.float32(number)) if len(raw) == 4 else repr(number)), layout.resolution
    if layout.worth != 1:
        shortest *= layout.worth
    if abs(shortest) >= LARGEST_FLOAT:
        return Number(None, f"beyond every meter's range ({raw.hex().upper()})")
    if layout.is_decimal_step:
        return Number(shortest.quantize(step, ROUND_HALF_EVEN).normalize() + 0)
    steps = (shortest / step).to_integral_value(rounding=ROUND_HALF_EVEN)
    return Number((steps * step).normalize() + 0)


def _count(value: Decimal, layout: Layout) -> int:
    count = value / layout.resolution
    if count != count.to_integral_value():
        raise LocalProtocolError(f"{value} is no whole number of {layout.resolution}")
    return int(count)
