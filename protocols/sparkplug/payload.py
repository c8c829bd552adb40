"""Sparkplug B payloads: metrics with name or alias, type, time and value. Knows no reading type and no birth.

Templates, data sets, properties and metadata are passed over: no meter tells its registers in them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from protocols.errors import RemoteProtocolError
from protocols.sparkplug.wire import Budget, WireType, read_fields, write_fields

LARGEST_PAYLOAD: Final = 65_536
MOST_FIELDS: Final = 5_000
MOST_METRICS: Final = 1_000
LONGEST_NAME: Final = 256


class DataType(IntEnum):
    """What a value means; the numbers are those of the specification."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13


class ValueField(IntEnum):
    """Which field of a metric holds its value; the numbers are those of the message."""

    INT = 10
    LONG = 11
    FLOAT = 12
    DOUBLE = 13
    BOOLEAN = 14
    STRING = 15


@dataclass(frozen=True, slots=True)
class Value:
    """A value as on the wire: an unsigned integer, or the bytes of a float or a text."""

    field: ValueField
    raw: int | bytes


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Data may bear only an alias, and no type: the birth says what it stands for."""

    name: str = ""
    alias: int | None = None
    timestamp_ms: int | None = None
    datatype: int = 0
    is_historical: bool = False
    is_null: bool = False
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """One message of an edge node."""

    timestamp_ms: int | None = None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None


_PAYLOAD_TYPES: Final[Mapping[int, WireType]] = {1: WireType.VARINT, 2: WireType.BYTES, 3: WireType.VARINT}
_METRIC_TYPES: Final[Mapping[int, WireType]] = {
    1: WireType.BYTES,
    2: WireType.VARINT,
    3: WireType.VARINT,
    4: WireType.VARINT,
    5: WireType.VARINT,
    7: WireType.VARINT,
    ValueField.INT: WireType.VARINT,
    ValueField.LONG: WireType.VARINT,
    ValueField.FLOAT: WireType.FIXED32,
    ValueField.DOUBLE: WireType.FIXED64,
    ValueField.BOOLEAN: WireType.VARINT,
    ValueField.STRING: WireType.BYTES,
}

_FIELDS: Final = {int(field): field for field in ValueField}
_FIRST_VALUE: Final = int(ValueField.INT)


def parse(raw: bytes) -> Payload:
    """The payload of any message but STATE; RemoteProtocolError says what is wrong with it, whatever the bytes are."""
    if len(raw) > LARGEST_PAYLOAD:
        raise RemoteProtocolError(f"{len(raw)} bytes, at most {LARGEST_PAYLOAD} are taken")
    budget = Budget(MOST_FIELDS)
    timestamp: int | None = None
    seq: int | None = None
    metrics: list[Metric] = []
    for number, kind, value in read_fields(raw, budget):
        _check_type(_PAYLOAD_TYPES, number, kind)
        if number == 2 and isinstance(value, bytes):
            if len(metrics) == MOST_METRICS:
                raise RemoteProtocolError(f"more than {MOST_METRICS} metrics")
            metrics.append(_metric(value, budget))
        elif number == 1 and isinstance(value, int):
            timestamp = value
        elif number == 3 and isinstance(value, int):
            seq = value
    if seq is not None and seq > 255:
        raise RemoteProtocolError(f"sequence number {seq} is above 255")
    return Payload(timestamp, tuple(metrics), seq)


def encode(payload: Payload) -> bytes:
    """The bytes of a payload."""
    fields: list[tuple[int, int | bytes | None, WireType]] = [(1, payload.timestamp_ms, WireType.VARINT)]
    fields += [(2, _encode_metric(metric), WireType.BYTES) for metric in payload.metrics]
    return write_fields([*fields, (3, payload.seq, WireType.VARINT)])


def _metric(raw: bytes, budget: Budget) -> Metric:
    found: dict[int, int | bytes] = {}
    value: Value | None = None
    for number, kind, told in read_fields(raw, budget):
        _check_type(_METRIC_TYPES, number, kind)
        if number >= _FIRST_VALUE:
            value = Value(_FIELDS[number], told) if number in _FIELDS else None
        else:
            found[number] = told
    return _built(found, value)


def _built(found: Mapping[int, Any], value: Value | None) -> Metric:  # Any: the wire type of each field was checked
    return Metric(
        name=_text(found.get(1, b"")),
        alias=found.get(2),
        timestamp_ms=found.get(3),
        datatype=found.get(4, 0),
        is_historical=bool(found.get(5)),
        is_null=bool(found.get(7)),
        value=value,
    )


def _encode_metric(metric: Metric) -> bytes:
    value = metric.value
    fields: Iterable[tuple[int, int | bytes | None, WireType]] = [
        (1, metric.name.encode() or None, WireType.BYTES),
        (2, metric.alias, WireType.VARINT),
        (3, metric.timestamp_ms, WireType.VARINT),
        (4, metric.datatype or None, WireType.VARINT),
        (5, metric.is_historical or None, WireType.VARINT),
        (7, metric.is_null or None, WireType.VARINT),
    ]
    told = [] if value is None else [(int(value.field), value.raw, _METRIC_TYPES[value.field])]
    return write_fields([*fields, *told])


def _check_type(types: Mapping[int, WireType], number: int, kind: int) -> None:
    if types.get(number, kind) != kind:
        raise RemoteProtocolError(f"field {number} has wire type {kind}")


def _text(raw: bytes) -> str:
    if len(raw) > LONGEST_NAME:
        raise RemoteProtocolError(f"a metric's name of {len(raw)} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RemoteProtocolError("a metric's name is not UTF-8") from error
