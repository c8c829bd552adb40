"""Who answers: properties of the pure decision, and a row for each kind that is told apart."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.domain.identity import (
    ANOTHER,
    IdentityFinding,
    IdentityPicture,
    RegisteredMeter,
    identity_of,
    is_same_numbering,
    shares_address,
)

A, B, NEW, ODD = "645000000001", "645000000002", "700000000009", "645000000003"
HERE, THERE = 1, 2
F = IdentityFinding


def picture(here: Sequence[str | None], there: Sequence[str | None] = (), **changes: str) -> IdentityPicture:
    """Meters A and B at two places; A was heard at its own before."""
    mine = RegisteredMeter(**({"serial_number": A, "heard": A} | changes))
    return IdentityPicture({HERE: mine, THERE: RegisteredMeter(B, B)}, {A: HERE, B: THERE}, {HERE: here, THERE: there})


@pytest.mark.parametrize(
    ("here", "there", "finding"),
    [
        ([], [], F.UNTOLD),
        ([A], [], F.CONFIRMED),
        ([A, NEW], [], F.DOUBTFUL),
        ([A, NEW, A], [], F.CONFIRMED),
        ([A, None], [], F.DOUBTFUL),
        ([A, NEW, ODD], [], F.DOUBTFUL),
        ([A, NEW, NEW], [], F.EXCHANGED),
        ([NEW, NEW], [], F.EXCHANGED),
        ([A, B, B], [], F.WRONG_ADDRESS),
        ([A, B, B], [B, B], F.WRONG_ADDRESS),
        ([A, B, B], [B, A], F.WRONG_ADDRESS),
        ([A, B, B], [B, A, A], F.SWAPPED_CABLES),
        ([A, NEW, NEW, A, A], [], F.SHARED_ADDRESS),
        ([A, NEW, A, NEW], [], F.SHARED_ADDRESS),
        ([A, None, None, None], [], F.SHARED_ADDRESS),
        ([None, None, None], [], F.DOUBTFUL),
    ],
)
def test_each_kind_is_told_apart(
    here: Sequence[str | None], there: Sequence[str | None], finding: IdentityFinding
) -> None:
    assert picture(here, there).judge(HERE) is finding


def test_an_unknown_number_where_the_meter_was_never_heard_is_a_stranger() -> None:
    assert picture([NEW, NEW], heard="").judge(HERE) is F.STRANGER
    assert picture([NEW, NEW], heard="", planned=NEW).judge(HERE) is F.EXCHANGED


def test_a_number_of_another_numbering_is_learned_after_two_equal_tells() -> None:
    asset = "CN-SN-000017-2024-REV-B"
    assert picture([NEW], serial_number=asset, heard="").judge(HERE) is F.DOUBTFUL
    assert picture([NEW, NEW], serial_number=asset, heard="").judge(HERE) is F.LEARNED
    assert picture([NEW, NEW], serial_number=asset, heard=NEW).judge(HERE) is F.CONFIRMED


tells = st.lists(st.sampled_from([A, B, NEW, ODD, None]), max_size=12)


@given(tells, st.sampled_from([B, NEW, ODD]))
def test_one_odd_tell_among_clean_ones_never_names_another_meter(before: list[str | None], odd: str) -> None:
    clean = [A for _ in before]
    for place in range(len(clean) + 1):
        found = picture([*clean[:place], odd, *clean[place:]]).judge(HERE)
        assert found not in ANOTHER


@given(tells, tells)
def test_another_meter_is_named_only_after_two_equal_tells(here: list[str | None], there: list[str | None]) -> None:
    found = picture(here, there).judge(HERE)
    if found in ANOTHER - {F.SHARED_ADDRESS}:
        assert here[-1] == here[-2] != A


@given(tells, tells)
def test_crossed_cables_look_crossed_from_both_ends(here: list[str | None], there: list[str | None]) -> None:
    both = picture(here, there)
    found = (both.judge(HERE), both.judge(THERE))
    if F.SHARED_ADDRESS not in found:
        assert (found[0] is F.SWAPPED_CABLES) == (found[1] is F.SWAPPED_CABLES)


@given(tells, tells)
def test_who_tells_the_expected_number_last_is_confirmed_unless_two_share_the_address(
    here: list[str | None], there: list[str | None]
) -> None:
    assert picture([*here, A], there).judge(HERE) in {F.CONFIRMED, F.SHARED_ADDRESS}


@given(tells)
def test_only_the_newest_tells_count(here: list[str | None]) -> None:
    assert picture([*here, *[A] * 8]).judge(HERE) is F.CONFIRMED


@given(st.text(alphabet="0123456789ABCDEFabcdef \0", max_size=32))
def test_the_form_that_is_compared_is_stable(text: str) -> None:
    once = identity_of(text)
    assert identity_of(once) == once
    assert identity_of(f" 00{text.lower()}\0\0") == once


@pytest.mark.parametrize("unset", ["", "000000000000", "FFFFFFFFFFFF", "AAAAAAAAAAAA", "\0" * 32, "   "])
def test_a_number_that_was_never_set_says_nothing(unset: str) -> None:
    assert identity_of(unset) == ""


def test_an_asset_number_of_22_digits_and_a_meter_number_of_12_are_two_numberings() -> None:
    assert is_same_numbering(A, NEW)
    assert not is_same_numbering("1130001000000123456789", NEW)
    assert not is_same_numbering("SN-17", NEW)
    assert not is_same_numbering("101", NEW), "a number of the register's own"


def test_a_single_odd_tell_is_no_turn() -> None:
    assert not shares_address([A, NEW, A, A])
    assert shares_address([A, NEW, A, NEW, A])
