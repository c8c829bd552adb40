"""What a Sparkplug value is worth: integers count steps exactly, floats become the decimal they were made from.

A float is told as the shortest decimal that reads back to the same float, put to the step that the profile states.
Where the step is finer than the float can hold, or the digits say more than the step, it is rounded and says so.
"""

import struct
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np

from protocols.errors import LocalProtocolError
from protocols.sparkplug.payload import DataType, Metric, Value, ValueField

LARGEST: Final = Decimal(10) ** 15
NOISE: Final = 4  # steps of the float's own last place that sums of meters' counts leave behind
_BITS: Final = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
}
_SIGNED: Final = frozenset({DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64})
_WIDTHS: Final = {ValueField.INT: 32, ValueField.LONG: 64}
_FLOATS: Final = {DataType.FLOAT: ValueField.FLOAT, DataType.DOUBLE: ValueField.DOUBLE}


@dataclass(frozen=True, slots=True)
class Number:
    """A metric's number, or None and why there is none."""

    value: Decimal | None
    problem: str = ""
    is_present: bool = True
    is_rounded: bool = False


def number_of(metric: Metric, resolution: Decimal) -> Number:
    """The number of a metric whose type is known; one count of an integer is worth the resolution."""
    if metric.is_null:
        return Number(None, "is null", is_present=False)
    if metric.value is None:
        return Number(None, "bears no value", is_present=False)
    if metric.datatype in _FLOATS:
        return _float(metric.value, DataType(metric.datatype), resolution)
    if metric.datatype in _BITS:
        return _integer(metric.value, DataType(metric.datatype), resolution)
    return Number(None, f"has type {_name(metric.datatype)}, which is no number")


def encode_number(value: Decimal, datatype: DataType) -> Value:
    """The value of a number in that type; LocalProtocolError where it does not fit."""
    if datatype in _FLOATS:
        return Value(_FLOATS[datatype], struct.pack("<f" if datatype is DataType.FLOAT else "<d", float(value)))
    bits = _BITS.get(datatype, 0)
    low, high = (-(1 << bits - 1), 1 << bits - 1) if datatype in _SIGNED else (0, 1 << bits)
    if value != value.to_integral_value() or not low <= value < high:
        raise LocalProtocolError(f"{value} does not fit {datatype.name}")
    field = ValueField.LONG if bits == 64 or datatype is DataType.UINT32 else ValueField.INT
    return Value(field, int(value) & (1 << _WIDTHS[field]) - 1)


def _integer(value: Value, datatype: DataType, resolution: Decimal) -> Number:
    if value.field not in _WIDTHS or not isinstance(value.raw, int):
        return Number(None, f"is {value.field.name} on the wire where its type is {datatype.name}")
    bits = _BITS[datatype]
    low, rest = value.raw & (1 << bits) - 1, value.raw >> bits
    is_negative = datatype in _SIGNED and low >> bits - 1
    if rest and not (is_negative and rest in {(1 << width - bits) - 1 for width in (32, 64) if width > bits}):
        return Number(None, f"{value.raw} does not fit {datatype.name}")
    return _within((low - (is_negative << bits)) * resolution, f"{value.raw} counts")


def _float(value: Value, datatype: DataType, resolution: Decimal) -> Number:
    if value.field is not _FLOATS[datatype] or not isinstance(value.raw, bytes):
        return Number(None, f"is {value.field.name} on the wire where its type is {datatype.name}")
    number = np.frombuffer(value.raw, dtype="<f4" if datatype is DataType.FLOAT else "<f8")[0]
    if np.isnan(number):
        return Number(None, "is NaN", is_present=False)
    shortest = Decimal(str(number))
    if not shortest.is_finite() or abs(shortest) >= LARGEST:
        return Number(None, f"{number} is beyond every meter's range")
    steps = (shortest / resolution).to_integral_value(rounding=ROUND_HALF_EVEN)
    told = (steps * resolution).normalize() + 0
    spacing = Decimal(float(np.spacing(np.abs(number))))
    is_rounded = abs(told - shortest) > NOISE * spacing or spacing > resolution
    return _within(told, str(number), is_rounded=is_rounded)


def _within(value: Decimal, told: str, *, is_rounded: bool = False) -> Number:
    if abs(value) >= LARGEST:
        return Number(None, f"{told} is beyond every meter's range")
    return Number(value, is_rounded=is_rounded)


def _name(datatype: int) -> str:
    return DataType(datatype).name if datatype in set(DataType) else str(datatype)
