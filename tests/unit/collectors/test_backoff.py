"""When a broken line is tried again: later and later, told once, and not together with its neighbours."""

from __future__ import annotations

from random import Random

from collectors.backoff import LONGEST_S, SPREAD_S, Backoff
from tests.fakes.seeded_random import SeededRandom

GATEWAYS = 50


def waits(backoff: Backoff, failures: int) -> list[float]:
    found = []
    for _ in range(failures):
        backoff.fail(1000.0, "gone")
        found.append(backoff.remaining(1000.0))
    return found


def busiest_second(instants: list[float]) -> int:
    return max(sum(start <= at < start + 1 for at in instants) for start in instants)


def test_without_chance_the_waits_double_up_to_a_minute() -> None:
    assert waits(Backoff(), 8) == [1, 2, 4, 8, 16, 32, 60, 60]


def test_chance_only_lengthens_a_wait_and_never_by_more_than_the_spread() -> None:
    exact = waits(Backoff(), 50)
    for bare, spread in zip(exact, waits(Backoff(SeededRandom(Random(645))), 50), strict=True):
        assert bare <= spread < bare + SPREAD_S <= LONGEST_S + SPREAD_S


def test_fifty_gateways_that_broke_together_come_back_at_ten_a_second_at_most() -> None:
    """Chance gives no guarantee: in one outage of a hundred or so it may be eleven."""
    busiest = []
    for seed in range(200):
        chance = SeededRandom(Random(seed))
        busiest.append(busiest_second([waits(Backoff(chance), 1)[0] for _ in range(GATEWAYS)]))
    assert sum(busy > 10 for busy in busiest) <= 6 and max(busiest) <= 12


def test_without_chance_they_come_back_all_at_once() -> None:
    assert busiest_second([waits(Backoff(), 1)[0] for _ in range(GATEWAYS)]) == GATEWAYS


def test_loss_and_return_are_told_once() -> None:
    backoff = Backoff()
    assert [backoff.fail(0.0, "gone"), backoff.fail(1.0, "gone")] == [True, False]
    assert [backoff.succeed(), backoff.succeed()] == [True, False]
    assert backoff.remaining(0.0) <= 0
