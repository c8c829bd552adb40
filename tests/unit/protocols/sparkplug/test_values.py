"""Numbers: exactly what the edge node meant, in every type, also when other software wrote it; or no number at all."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalProtocolError
from protocols.sparkplug import DataType, Metric, Number, Value, ValueField, encode_number, number_of, parse

FILE = Path(__file__).parents[3] / "vectors" / "mqtt" / "sparkplug.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["values"]
ONE, MILLI = Decimal(1), Decimal("0.001")
WIDTHS = {"INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64, "UINT8": 8, "UINT16": 16, "UINT32": 32, "UINT64": 64}


def told(datatype: DataType, field: ValueField, raw: int | bytes, resolution: Decimal = ONE) -> Number:
    return number_of(Metric("m", datatype=datatype, value=Value(field, raw)), resolution)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['datatype']} {v['value']}")
def test_what_other_software_wrote_is_read_exactly(vector: dict[str, Any]) -> None:
    (metric,) = parse(bytes.fromhex(vector["hex"])).metrics
    number = number_of(metric, MILLI if "." in vector["value"] else ONE)
    meant = Decimal(vector["value"]).quantize(MILLI) if "." in vector["value"] else Decimal(vector["value"])
    assert (number.value, metric.datatype) == (meant, DataType[vector["datatype"]])


@pytest.mark.parametrize("name", WIDTHS)
@given(data=st.data())
def test_integers_go_both_ways_in_every_type(name: str, data: st.DataObject) -> None:
    bits, is_signed = WIDTHS[name], name.startswith("INT")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed else (0, min(2**bits, 10**15) - 1)
    count = data.draw(st.integers(max(low, 1 - 10**15), min(high, 10**15 - 1)))
    metric = Metric("m", datatype=DataType[name], value=encode_number(Decimal(count), DataType[name]))
    assert number_of(metric, Decimal("0.01")).value == count * Decimal("0.01")


@pytest.mark.parametrize("raw", [0xFB, 0xFFFFFFFB, 0xFFFFFFFFFFFFFFFB])
def test_a_sign_may_be_extended_or_not(raw: int) -> None:
    assert told(DataType.INT8, ValueField.INT, raw).value == -5


@pytest.mark.parametrize(
    ("datatype", "field", "raw"),
    [
        (DataType.UINT8, ValueField.INT, 256),
        (DataType.INT8, ValueField.INT, 0x1FB),
        (DataType.INT8, ValueField.INT, 0xFFFFFF7B),
        (DataType.INT32, ValueField.LONG, 1 << 32),
        (DataType.UINT64, ValueField.LONG, 10**15),
        (DataType.INT32, ValueField.FLOAT, b"\0\0\0\0"),
        (DataType.FLOAT, ValueField.DOUBLE, b"\0" * 8),
        (DataType.FLOAT, ValueField.FLOAT, struct.pack("<f", float("inf"))),
        (DataType.DOUBLE, ValueField.DOUBLE, struct.pack("<d", 1e15)),
        (DataType.BOOLEAN, ValueField.BOOLEAN, 1),
        (DataType.STRING, ValueField.STRING, b"12"),
    ],
)
def test_what_is_no_number_of_its_type_is_none(datatype: DataType, field: ValueField, raw: int | bytes) -> None:
    number = told(datatype, field, raw)
    assert number.value is None and number.is_present and number.problem


def test_null_nan_and_nothing_are_not_present() -> None:
    nan = told(DataType.FLOAT, ValueField.FLOAT, struct.pack("<f", float("nan")))
    null = number_of(Metric("m", datatype=4, is_null=True, value=Value(ValueField.LONG, 7)), ONE)
    nothing = number_of(Metric("m", datatype=4), ONE)
    assert [(n.value, n.is_present) for n in (nan, null, nothing)] == [(None, False)] * 3


@given(st.integers(-9_999_999, 9_999_999))
def test_a_double_made_of_hundredths_is_those_hundredths(count: int) -> None:
    meant = Decimal(count).scaleb(-2)
    number = told(DataType.DOUBLE, ValueField.DOUBLE, struct.pack("<d", float(meant)), Decimal("0.01"))
    assert (number.value, number.is_rounded) == (meant, False)


@pytest.mark.parametrize(
    ("value", "resolution", "text", "is_rounded"),
    [
        (230.2, "0.1", "230.2", False),
        (1234.56, "0.01", "1234.56", False),
        (1234.567, "0.01", "1234.57", True),  # the profile promises fewer digits than are told
        (1234567.89, "0.01", "1234567.9", True),  # a 32-bit float holds no hundredths up there
        (1234567.0, "1", "1234567", False),
    ],
)
def test_a_float_that_its_step_does_not_hold_is_marked(
    value: float, resolution: str, text: str, is_rounded: bool
) -> None:
    number = told(DataType.FLOAT, ValueField.FLOAT, struct.pack("<f", value), Decimal(resolution))
    assert (number.value, number.is_rounded) == (Decimal(text), is_rounded)


@pytest.mark.parametrize(("value", "datatype"), [("1.5", "INT32"), ("256", "UINT8"), ("-1", "UINT64"), ("1", "STRING")])
def test_what_does_not_fit_is_not_written(value: str, datatype: str) -> None:
    with pytest.raises(LocalProtocolError):
        encode_number(Decimal(value), DataType[datatype])
