"""Which child owns a line."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.shards.split import owner_of

URLS = st.builds("tcp://{}:{}".format, st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True), st.integers(1, 65535))
NUMBERS = st.integers(1, 64)
KNOWN = [3, 0, 1, 1, 3, 2, 1, 1]


@given(URLS, NUMBERS)
def test_each_line_has_one_owner_among_the_children_and_keeps_it(url: str, processes: int) -> None:
    owner = owner_of(url, processes)
    assert 0 <= owner < processes
    assert owner_of(url, processes) == owner


@given(URLS, NUMBERS)
def test_with_one_child_more_a_line_stays_or_goes_to_the_new_one(url: str, processes: int) -> None:
    assert owner_of(url, processes + 1) in (owner_of(url, processes), processes)


@given(URLS, NUMBERS)
def test_urls_of_one_gateway_have_one_owner_whatever_their_options(url: str, processes: int) -> None:
    assert owner_of(f"{url}?framing=rtu", processes) == owner_of(url, processes)


def test_the_rule_is_the_same_in_every_release() -> None:
    assert [owner_of(f"tcp://10.0.0.{n}:8899", 4) for n in range(8)] == KNOWN


def test_many_lines_are_spread_evenly() -> None:
    counts = Counter(owner_of(f"tcp://10.0.{n // 250}.{n % 250}:8899", 4) for n in range(1000))
    assert set(counts) == {0, 1, 2, 3}
    assert min(counts.values()) > 200


def test_nobody_cannot_own_a_line() -> None:
    with pytest.raises(ValueError, match="somebody"):
        owner_of("tcp://a:1", 0)
