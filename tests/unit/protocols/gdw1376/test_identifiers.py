"""DA and DT: points count their groups from 1, functions from 0, and multiples of eight lie in the group before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalProtocolError
from protocols.gdw1376.identifiers import ALL_POINTS, encode, functions_of, one, parse, points_of


@pytest.mark.parametrize(
    ("function", "dt"),
    [
        (1, "0100"), (3, "0400"), (8, "8000"), (9, "0101"), (10, "0201"), (16, "8001"), (24, "8002"), (25, "0103"),
        (33, "0104"), (129, "0110"), (2040, "80FE"), (2048, "80FF"),
    ],
)  # fmt: skip
def test_functions(function: int, dt: str) -> None:
    assert functions_of(bytes.fromhex(dt)) == (function,)
    assert one(0, function) == bytes.fromhex("0000" + dt)


@pytest.mark.parametrize(
    ("point", "da"),
    [(0, "0000"), (1, "0101"), (8, "8001"), (9, "0102"), (16, "8002"), (2040, "80FF"), (ALL_POINTS, "FFFF")],
)
def test_points(point: int, da: str) -> None:
    assert points_of(bytes.fromhex(da)) == (point,)
    assert one(point, 1) == bytes.fromhex(da + "0100")


def test_several_bits_are_taken_point_by_point_and_function_by_function() -> None:
    named = parse(bytes.fromhex("03010500"))
    assert list(named.pairs()) == [(1, 1), (1, 3), (2, 1), (2, 3)]


@pytest.mark.parametrize("da", ["0100", "0001", "FF00"])
def test_bytes_that_name_no_point(da: str) -> None:
    assert points_of(bytes.fromhex(da)) == ()


@given(st.sets(st.integers(0, 2032), min_size=1), st.sets(st.integers(1, 2048), min_size=1))
def test_every_set_comes_back(points: set[int], functions: set[int]) -> None:
    named = [parse(raw) for raw in encode(points, functions)]
    pairs = [pair for identifier in named for pair in identifier.pairs()]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == {(point, function) for point in points for function in functions}


@pytest.mark.parametrize(
    ("points", "functions"),
    [
        ([], [1]),
        ([1], []),
        ([-1], [1]),
        ([2041], [1]),
        ([1], [0]),
        ([1], [2049]),
        ([1, ALL_POINTS], [1]),
        (range(2033, 2041), [1]),
    ],
)
def test_what_cannot_be_named_is_refused(points: list[int], functions: list[int]) -> None:
    with pytest.raises(LocalProtocolError):
        encode(points, functions)
