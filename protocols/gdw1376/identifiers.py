"""Data unit identifiers: DA and DT to measuring points and functions, and back. Knows no function's meaning.

DA counts its groups of eight from 1 (DA = 00 00 is the terminal itself, p0), DT counts its groups from 0.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from protocols.errors import LocalProtocolError

IDENTIFIER_SIZE: Final = 4
ALL_POINTS: Final = 0xFFFF
"""Stands for DA = FF FF, every measuring point of the terminal."""
MAX_POINT: Final = 8 * 0xFF
MAX_FUNCTION: Final = 8 * 0x100
_BITS: Final = tuple(tuple(bit + 1 for bit in range(8) if mask >> bit & 1) for mask in range(256))
"""The numbers from 1 on that a mask names; a table, because a hostile frame holds thousands of masks."""


class Identifier(NamedTuple):
    """Points and functions that one DA DT names, both ascending; empty where the bytes name nothing."""

    points: tuple[int, ...]
    functions: tuple[int, ...]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """In the order in which their data lie: every function of a point, then the next point."""
        return ((point, function) for point in self.points for function in self.functions)


@lru_cache(maxsize=1024)  # a master asks for the same again and again
def parse(raw: bytes) -> Identifier:
    """The meaning of four bytes."""
    return Identifier(points_of(raw[:2]), functions_of(raw[2:4]))


def points_of(da: bytes) -> tuple[int, ...]:
    if da == b"\x00\x00":
        return (0,)
    if da == b"\xff\xff":
        return (ALL_POINTS,)
    mask, group = da
    return tuple([(group - 1) * 8 + bit for bit in _BITS[mask]]) if group else ()


def functions_of(dt: bytes) -> tuple[int, ...]:
    mask, group = dt
    return tuple([group * 8 + bit for bit in _BITS[mask]])


def encode(points: Iterable[int], functions: Iterable[int]) -> list[bytes]:
    """The fewest identifiers that name these points and functions, points first."""
    dts = [_dt(group, members) for group, members in _grouped(_checked(functions, 1, MAX_FUNCTION))]
    wanted = set(points)
    das = [b"\xff\xff"] if wanted == {ALL_POINTS} else [b"\x00\x00"] if 0 in wanted else []
    wanted -= {0, ALL_POINTS} if wanted == {ALL_POINTS} else {0}
    das += [_da(group, members) for group, members in _grouped(_checked(wanted, 1, MAX_POINT))]
    if not das or not dts:
        raise LocalProtocolError("an identifier names at least one point and one function")
    return [da + dt for da in das for dt in dts]


def one(point: int, function: int) -> bytes:
    """The identifier of one function of one point."""
    return encode((point,), (function,))[0]


def _da(group: int, members: Iterable[int]) -> bytes:
    mask = _mask(members)
    if group == 0xFE and mask == 0xFF:  # FF FF is taken: it means all points
        raise LocalProtocolError("p2033 to p2040 cannot be named together")
    return bytes((mask, group + 1))


def _dt(group: int, members: Iterable[int]) -> bytes:
    return bytes((_mask(members), group))


def _mask(members: Iterable[int]) -> int:
    return sum(1 << (member - 1) % 8 for member in members)


def _grouped(numbers: Iterable[int]) -> Iterator[tuple[int, Iterator[int]]]:
    return groupby(sorted(set(numbers)), key=lambda number: (number - 1) // 8)


def _checked(numbers: Iterable[int], lowest: int, highest: int) -> list[int]:
    found = list(numbers)
    wrong = [number for number in found if not lowest <= number <= highest]
    if wrong:
        raise LocalProtocolError(f"{wrong[0]} is not between {lowest} and {highest}")
    return found
