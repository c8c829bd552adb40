"""Numbered messages: a gap is counted, a doubled one known, a restart forgiven."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt import Follows, SequenceWatch, Step


def follow(*numbers: int) -> list[Follows]:
    watch = SequenceWatch()
    return [watch.follow(number, f"{number}".encode()) for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "last"),
    [
        ([7], Follows(Step.NEXT)),
        ([7, 8], Follows(Step.NEXT)),
        ([7, 10], Follows(Step.GAP, 2)),
        ([7, 8, 8], Follows(Step.AGAIN)),
        ([7, 8, 9, 8], Follows(Step.AGAIN)),
        ([7, 10, 9], Follows(Step.LATE)),
        ([7, 10, 9, 11], Follows(Step.NEXT)),
        ([900, 901, 0], Follows(Step.RESTARTED)),
        ([900, 901, 0, 1], Follows(Step.NEXT)),
        ([900, 901, 0, 2], Follows(Step.GAP, 1)),
        ([7, 10**18], Follows(Step.RESTARTED)),
    ],
)
def test_how_a_number_follows(numbers: list[int], last: Follows) -> None:
    assert follow(*numbers)[-1] == last


def test_the_same_number_with_other_bytes_is_another_message() -> None:
    watch = SequenceWatch()
    assert watch.follow(7, b"a").step is Step.NEXT
    assert watch.follow(7, b"b").step is Step.RESTARTED
    assert watch.follow(7, b"b").step is Step.AGAIN


@given(st.integers(0, 10**6), st.sets(st.integers(1, 60)))
def test_the_lost_ones_are_counted_exactly(start: int, lost: set[int]) -> None:
    came = [start + n for n in range(62) if n not in lost]
    assert sum(step.lost for step in follow(*came)) == len(lost)
