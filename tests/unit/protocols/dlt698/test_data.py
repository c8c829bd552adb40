"""Data: every type comes back, and bytes that are none are refused with the tag, whatever they are."""

from __future__ import annotations

import random
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.dlt698 import data
from protocols.dlt698.data import TYPES, Data, decode, encode
from protocols.dlt698.layouts import MAX_DEPTH, MAX_ITEMS, Bits
from protocols.dlt698.moments import Moment, MomentKind, date_time
from protocols.errors import LocalProtocolError, ProtocolError, RemoteProtocolError

OCTETS = st.binary(max_size=300)
OAD = st.binary(min_size=4, max_size=4).map(lambda raw: raw.hex().upper())
ROAD = st.tuples(OAD, st.lists(OAD, max_size=4).map(tuple))
CSD = st.tuples(st.just(0), OAD) | st.tuples(st.just(1), ROAD)
INTERVAL = st.tuples(st.integers(0, 255), st.integers(0, 65535))
SID = st.tuples(st.integers(0, 2**32 - 1), OCTETS)


def integers(bits: int, *, signed: bool = False) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


def moments(kind: MomentKind) -> st.SearchStrategy[Moment]:
    return st.binary(min_size=kind.value, max_size=kind.value).map(lambda raw: Moment(kind, raw))


@st.composite
def bit_strings(draw: st.DrawFn) -> Bits:
    count = draw(st.integers(0, 300))
    return Bits(count, draw(st.binary(min_size=(count + 7) // 8, max_size=(count + 7) // 8)))


SIMPLE: dict[int, st.SearchStrategy[object]] = {
    0: st.none(),
    3: st.booleans(),
    4: bit_strings(),
    5: integers(32, signed=True),
    6: integers(32),
    9: OCTETS,
    10: st.text(st.characters(max_codepoint=127), max_size=200),
    12: st.text(max_size=100),
    15: integers(8, signed=True),
    16: integers(16, signed=True),
    17: integers(8),
    18: integers(16),
    20: integers(64, signed=True),
    21: integers(64),
    22: integers(8),
    23: st.floats(width=32, allow_nan=False),
    24: st.floats(allow_nan=False),
    25: moments(MomentKind.DATE_TIME),
    26: moments(MomentKind.DATE),
    27: moments(MomentKind.TIME),
    28: moments(MomentKind.DATE_TIME_S),
    80: st.binary(min_size=2, max_size=2).map(lambda raw: raw.hex().upper()),
    81: OAD,
    82: ROAD,
    83: OAD,
    84: INTERVAL,
    85: OCTETS,
    86: OCTETS,
    87: OCTETS,
    89: st.tuples(integers(8, signed=True), integers(8)),
    91: CSD,
    93: SID,
    94: st.tuples(SID, OCTETS),
    95: st.binary(min_size=5, max_size=5),
    96: st.lists(CSD, max_size=3).map(tuple),
}
SIMPLE_DATA = st.one_of([st.builds(Data, st.just(tag), values) for tag, values in SIMPLE.items()])


def nested(inner: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
    several = st.lists(inner, max_size=4).map(tuple)
    region = st.tuples(integers(8), inner, inner)
    some_regions = st.tuples(st.sampled_from([5, 6, 7]), st.lists(region, max_size=2).map(tuple))
    some_meters = st.tuples(st.just(2), st.lists(integers(8), max_size=3).map(tuple))
    meters = st.tuples(st.sampled_from([0, 1]), st.none()) | some_regions | some_meters
    moment = moments(MomentKind.DATE_TIME_S)
    equal = st.tuples(st.just(1), st.tuples(OAD, inner))
    steps = st.tuples(OAD, inner, inner, inner)
    ranges = st.tuples(st.just(2), steps) | st.tuples(st.just(3), st.lists(steps, max_size=2).map(tuple))
    times = st.tuples(st.sampled_from([6, 7, 8]), st.tuples(moment, moment, INTERVAL, meters))
    last = st.tuples(st.just(9), integers(8)) | st.tuples(st.just(10), st.tuples(integers(8), meters))
    return (
        st.builds(Data, st.sampled_from([1, 2]), several)
        | st.builds(Data, st.just(88), region)
        | st.builds(Data, st.just(90), equal | ranges | times | last)
        | st.builds(Data, st.just(92), meters)
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(SIMPLE_DATA, nested, max_leaves=8))
def test_data_comes_back(datum: Data) -> None:
    assert decode(encode(datum)) == datum


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TYPES)), st.binary(max_size=60))
def test_any_bytes_are_data_or_refused_and_what_is_read_is_written_alike(tag: int, raw: bytes) -> None:
    try:
        datum = decode(bytes([tag]) + raw)
    except ProtocolError:
        return
    assert repr(decode(encode(datum))) == repr(datum)  # NaN is not equal to itself


def test_every_type_of_the_table_is_tried() -> None:
    assert SIMPLE.keys() | {1, 2, 88, 90, 92} == TYPES.keys()


@pytest.mark.parametrize("tag", [tag for tag in range(256) if tag not in TYPES])
def test_an_unknown_type_is_named(tag: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"unknown data type {tag}$"):
        decode(bytes([2, 1, tag, 0]))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "ends"),
        ("06000001", "1 more"),
        ("0A054142", "3 more"),
        ("0985", "a length of 5 bytes"),
        ("0980", "a length of 0 bytes"),
        ("0600000001FF", "1 bytes behind"),
        ("01040000", "4 items announced"),
        ("5B0200", "unknown column 2"),
        ("5A0B", "unknown record selector 11"),
    ],
)
def test_bytes_that_are_no_data_are_refused(raw: str, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem):
        decode(bytes.fromhex(raw))


def test_depth_and_size_are_limited() -> None:
    assert decode(b"\x01\x01" * (MAX_DEPTH - 1) + b"\x00")
    with pytest.raises(RemoteProtocolError, match="deep"):
        decode(b"\x01\x01" * MAX_DEPTH + b"\x00")
    assert len(decode(b"\x01\x82" + MAX_ITEMS.to_bytes(2, "big") + bytes(MAX_ITEMS)).items) == MAX_ITEMS
    with pytest.raises(RemoteProtocolError, match="items"):
        decode(b"\x01\x82" + (MAX_ITEMS + 1).to_bytes(2, "big") + bytes(MAX_ITEMS + 1))


@pytest.mark.parametrize(
    "datum",
    [Data(6, -1), Data(6, "1"), Data(17, True), Data(3, 1), Data(9, "ab"), Data(81, "0010"), Data(81, "zz"), Data(11)],
)
def test_a_value_of_another_type_is_not_written(datum: Data) -> None:
    with pytest.raises(LocalProtocolError):
        encode(datum)


def test_bits_are_counted_in_bits() -> None:
    assert decode(bytes.fromhex("040AFFC0")).value == Bits(10, b"\xff\xc0")
    with pytest.raises(LocalProtocolError):
        Bits(10, b"\xff")


@pytest.mark.parametrize(
    ("raw", "text", "is_valid"),
    [
        ("1C07EA0A070E101A", "2026-10-07T14:16:26", True),
        ("1C20160120162711", "8214-01-32T22:39:17", False),
        ("1CFFFFFFFFFFFFFF", "65535-255-255T255:255:255", False),
        ("1907EA0A07030E101A03E7", "2026-10-07T14:16:26.999", True),
        ("1907EA0A07030E101A03E8", "2026-10-07T14:16:26.1000", False),
        ("1A07EA021C06", "2026-02-28", True),
        ("1A07EA021D06", "2026-02-29", False),
        ("1B173B3B", "23:59:59", True),
        ("1B180000", "24:00:00", False),
    ],
)
def test_a_moment_is_told_as_written_and_whether_it_can_be(raw: str, text: str, is_valid: bool) -> None:
    value = decode(bytes.fromhex(raw)).value
    assert isinstance(value, Moment)
    assert (value.text, value.is_valid) == (text, is_valid)


def test_a_moment_is_made_of_a_datetime() -> None:
    made = date_time(datetime(2026, 11, 22, 23, 58, 57, 654321))
    assert (made.text, made.is_valid, made.raw[4]) == ("2026-11-22T23:58:57.654", True, 0)


def test_random_bytes_raise_nothing_else() -> None:
    chance = random.Random(698)
    refused = 0
    for _ in range(5000):
        try:
            data.decode(chance.choice(sorted(TYPES)).to_bytes(1, "big") + chance.randbytes(chance.randrange(40)))
        except ProtocolError:
            refused += 1
    assert 3000 < refused < 5000
