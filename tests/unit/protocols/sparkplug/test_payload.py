"""Payloads: what we write we read, what others wrote we read, and the caps hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import ProtocolError, RemoteProtocolError
from protocols.sparkplug import Metric, Payload, Value, ValueField, encode, parse
from protocols.sparkplug.payload import LARGEST_PAYLOAD, MOST_FIELDS, MOST_METRICS

UINT64 = st.integers(0, 2**64 - 1)
RAW = {ValueField.FLOAT: st.binary(min_size=4, max_size=4), ValueField.DOUBLE: st.binary(min_size=8, max_size=8)}
VALUES = st.sampled_from(ValueField).flatmap(
    lambda f: st.builds(Value, st.just(f), RAW.get(f, st.binary() if f is ValueField.STRING else UINT64))
)
METRICS = st.builds(
    Metric,
    name=st.text(max_size=40),
    alias=st.none() | UINT64,
    timestamp_ms=st.none() | UINT64,
    datatype=st.integers(0, 34),
    is_historical=st.booleans(),
    is_null=st.booleans(),
    value=st.none() | VALUES,
)


@given(
    st.builds(Payload, st.none() | UINT64, st.lists(METRICS, max_size=5).map(tuple), st.none() | st.integers(0, 255))
)
def test_what_is_written_is_read(payload: Payload) -> None:
    assert parse(encode(payload)) == payload


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_an_error_of_ours(raw: bytes) -> None:
    try:
        parse(raw)
    except ProtocolError:
        return


def test_what_no_meter_tells_in_is_passed_over() -> None:
    metric = b"\x0a\x01a\x42\x02\x08\x01\x4a\x00\x8a\x01\x02\x08\x01"  # name, metadata, properties, data set
    (read,) = parse(b"\x12" + bytes([len(metric)]) + metric + b"\x2a\x02hi").metrics
    assert read == Metric("a")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"\x18\x80\x02", "256"),
        (b"\x1a\x00", "field 3 has wire type 2"),
        (b"\x10\x01", "field 2 has wire type 0"),
        (b"\x12\x02\x50\x80", "does not end"),
        (b"\x12\x03\x52\x01a", "field 10 has wire type 2"),
        (b"\x12\x03\x0a\x01\xff", "UTF-8"),
        (b"\x12\x00" * (MOST_METRICS + 1), f"more than {MOST_METRICS} metrics"),
        (b"\x08\x01" * (MOST_FIELDS + 1), "more fields"),
        (b"\x12\x80\x80\x03" + b"\x10\x01" * 24576, "more fields"),
        (b"\x12\x84\x02\x0a\x81\x02" + b"a" * 257, "name of 257"),
        (b"\x00" * (LARGEST_PAYLOAD + 1), "at most"),
    ],
)
def test_what_is_wrong_says_so(raw: bytes, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem):
        parse(raw)


def test_as_many_metrics_as_allowed_are_read() -> None:
    assert len(parse(b"\x12\x00" * MOST_METRICS).metrics) == MOST_METRICS
    assert parse(b"\x18\xff\x01").seq == 255
