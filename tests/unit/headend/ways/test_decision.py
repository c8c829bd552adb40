"""Which way is used: found within bounded cycles, no flapping, back to the better way; for any history of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.domain.metering import Line, Protocol
from headend.domain.ways import (
    LONGEST_PAUSE,
    RETURN_AFTER,
    Way,
    WayChoice,
    WayOutcome,
    WayReason,
    after_cycle,
    attempts,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
CYCLE = timedelta(minutes=15)
Works = Callable[[int, int], bool]  # (cycle, rank) -> it answers


@dataclass
class Played:
    """What came of some cycles: the choice after each, and which way answered in it (0: none)."""

    choices: list[WayChoice] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    asked: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def changes(self) -> int:
        ranks = [1, *(choice.rank for choice in self.choices)]
        return sum(before != after for before, after in pairwise(ranks))


def play(ranks: Sequence[int], works: Works, cycles: int, dead_after: int = 2) -> Played:
    played, choice = Played(), WayChoice()
    for cycle in range(cycles):
        tried: list[WayOutcome] = []
        for rank in attempts(ranks, choice, dead_after):
            tried.append(WayOutcome(rank, "" if works(cycle, rank) else "no answer"))
            if not tried[-1].problem:
                break
        choice = after_cycle(ranks, choice, tried, START + cycle * CYCLE, dead_after)
        played.choices.append(choice)
        played.answered.append(tried[-1].rank if not tried[-1].problem else 0)
        played.asked.append(tuple(one.rank for one in tried))
    return played


def test_a_healthy_own_line_is_all_that_is_asked() -> None:
    played = play([1, 2, 3], lambda cycle, rank: True, 100)
    assert set(played.asked) == {(1,)}
    assert played.choices[-1].reason is WayReason.FIRST


def test_the_second_failed_cycle_is_answered_by_the_next_way_already() -> None:
    played = play([1, 2], lambda cycle, rank: rank == 2, 3)
    assert played.asked[:2] == [(1,), (1, 2)]
    assert played.answered == [0, 2, 2]
    chosen = played.choices[-1]
    assert (chosen.rank, chosen.reason, chosen.problem) == (2, WayReason.FAILED_OVER, "no answer")
    assert chosen.since == START + CYCLE


def test_one_failure_changes_nothing() -> None:
    played = play([1, 2], lambda cycle, rank: rank == 2 or cycle != 5, 20)
    assert played.changes == 0


def test_the_better_way_is_probed_ever_more_rarely_and_no_slot_is_lost_by_it() -> None:
    played = play([1, 2], lambda cycle, rank: rank == 2, 200)
    probes = [cycle for cycle, asked in enumerate(played.asked) if asked == (1, 2)]
    gaps = [after - before for before, after in pairwise(probes)]
    assert gaps[:6] == [2, 3, 5, 9, 17, 33]
    assert set(gaps[6:]) == {33}, "32 cycles lie between two probes"
    assert all(played.answered[1:])


def test_two_answers_in_a_row_bring_the_better_way_back() -> None:
    played = play([1, 2], lambda cycle, rank: rank == 2 or cycle >= 10, 60)
    back = next(cycle for cycle, choice in enumerate(played.choices) if choice.reason is WayReason.RETURNED)
    assert played.answered[back - RETURN_AFTER + 1 : back + 1] == [1] * RETURN_AFTER
    assert set(played.answered[back:]) == {1}


def test_when_no_way_answers_all_are_tried_the_own_line_first() -> None:
    played = play([1, 2, 3], lambda cycle, rank: False, 10)
    assert played.asked[1:] == [(1, 2, 3)] * 9
    assert (played.choices[-1].rank, played.choices[-1].reason) == (1, WayReason.NONE_ANSWERS)


def test_the_own_line_that_answers_again_after_all_were_dead_says_so() -> None:
    played = play([1, 2], lambda cycle, rank: cycle >= 4, 6)
    assert [choice.reason for choice in played.choices[-2:]] == [WayReason.RETURNED] * 2


def test_a_way_that_ends_is_left() -> None:
    on_second = play([1, 2, 3], lambda cycle, rank: rank == 2, 5).choices[-1]
    assert attempts([1, 3], on_second, 2) == (1, 3)
    left = after_cycle([1, 3], on_second, [WayOutcome(1, "no answer"), WayOutcome(3)], START, 2)
    assert (left.rank, left.reason) == (3, WayReason.FAILED_OVER)
    untried = after_cycle([1], WayChoice(2), [], START, 2)
    assert (untried.rank, untried.reason) == (1, WayReason.CHANGED)


@given(st.integers(1, 4), st.integers(2, 4), st.lists(st.integers(0, 15), max_size=120), st.data())
def test_a_way_that_works_is_always_found(dead_after: int, count: int, past: list[int], data: st.DataObject) -> None:
    """Whatever came before: from when one way works, no more than dead_after - 1 cycles go unanswered."""
    ranks = range(1, count + 1)
    good = data.draw(st.sampled_from(list(ranks)))

    def works(cycle: int, rank: int) -> bool:
        return bool(past[cycle] >> rank & 1) if cycle < len(past) else rank == good

    played = play(ranks, works, len(past) + LONGEST_PAUSE + 10, dead_after)
    assert played.answered[len(past) :].count(0) <= dead_after - 1
    assert played.choices[-1].rank == good, "and it is the way in use"


@given(st.integers(1, 4), st.integers(2, 4), st.lists(st.integers(0, 15), max_size=120), st.data())
def test_the_best_way_that_works_is_used_again(
    dead_after: int, count: int, past: list[int], data: st.DataObject
) -> None:
    ranks = range(1, count + 1)
    best = data.draw(st.sampled_from(list(ranks)))

    def works(cycle: int, rank: int) -> bool:
        return bool(past[cycle] >> rank & 1) if cycle < len(past) else rank >= best

    played = play(ranks, works, len(past) + LONGEST_PAUSE + RETURN_AFTER + 2 * dead_after, dead_after)
    assert played.choices[-1].rank == best


@given(st.lists(st.booleans(), min_size=330, max_size=330))
def test_a_line_that_comes_and_goes_does_not_make_the_choice_flap(comes: list[bool]) -> None:
    """Away and back costs a pause that doubles: in any history the changes are few."""
    played = play([1, 2], lambda cycle, rank: rank == 2 or comes[cycle], len(comes))
    assert played.changes <= 2 * (len(comes) // (LONGEST_PAUSE + 4) + 6)


def test_a_line_made_to_flap_as_fast_as_it_can_is_held_back() -> None:
    played = play([1, 2], lambda cycle, rank: rank == 2 or cycle // 2 % 2 == 0, 1000)
    assert played.changes <= 70, "of 500 ups and downs"


@pytest.mark.parametrize("rank", [0, 1, 100])
def test_a_way_has_a_rank_of_its_own(rank: int) -> None:
    with pytest.raises(ValueError, match="rank"):
        Way(1, rank, Protocol.DLT645, "p", "1", Line(1, "tcp://a:1"), START)
