"""Protocol buffers on the wire: both ways agree, and no bytes whatever do more than an error of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from protocols.sparkplug.wire import Budget, WireType, read_fields, varint, write_fields


def fields(raw: bytes, most: int = 100) -> list[tuple[int, int, int | bytes]]:
    return list(read_fields(raw, Budget(most)))


# The example of the protocol buffers encoding guide: field 1 is 150, field 2 is "testing".
def test_the_documented_example_is_read() -> None:
    assert fields(bytes.fromhex("089601120774657374696e67")) == [(1, 0, 150), (2, 2, b"testing")]


VALUES = st.one_of(
    st.tuples(st.integers(0, 2**64 - 1), st.just(WireType.VARINT)),
    st.tuples(st.binary(max_size=40), st.just(WireType.BYTES)),
    st.tuples(st.binary(min_size=8, max_size=8), st.just(WireType.FIXED64)),
    st.tuples(st.binary(min_size=4, max_size=4), st.just(WireType.FIXED32)),
)


@given(st.lists(st.tuples(st.integers(1, 2**29 - 1), VALUES), max_size=20))
def test_what_is_written_is_read(told: list[tuple[int, tuple[int | bytes, WireType]]]) -> None:
    raw = write_fields((number, value, kind) for number, (value, kind) in told)
    assert fields(raw) == [(number, kind, value) for number, (value, kind) in told]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"\x08", "does not end"),
        (b"\x08" + b"\x80" * 9, "does not end"),
        (b"\x08" + b"\x80" * 10 + b"\x01", "does not end"),
        (b"\x08" + b"\xff" * 9 + b"\x02", "more than 64 bits"),
        (b"\x12\x05abcd", "cut off"),
        (b"\x12\xff\xff\xff\xff\x7f", "cut off"),
        (b"\x0d\x00\x00\x00", "cut off"),
        (b"\x0b", "wire type 3"),
        (b"\x0c", "wire type 4"),
        (b"\x0f", "wire type 7"),
        (b"\x00\x01", "field number 0"),
        (b"\x08\x01" * 101, "more fields"),
    ],
)
def test_what_breaks_the_rules_says_how(raw: bytes, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem):
        fields(raw)


def test_as_many_fields_as_allowed_are_read() -> None:
    assert len(fields(b"\x08\x01" * 100)) == 100
    assert fields(b"\x08" + b"\xff" * 9 + b"\x01") == [(1, 0, 2**64 - 1)]


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_number_beyond_64_bits_is_not_written(number: int) -> None:
    with pytest.raises(LocalProtocolError):
        varint(number)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_that(raw: bytes) -> None:
    try:
        assert sum(len(value) for _, _, value in fields(raw) if isinstance(value, bytes)) <= len(raw)
    except ProtocolError:
        return
