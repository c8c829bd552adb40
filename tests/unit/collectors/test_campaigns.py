"""Short forms of the campaigns over what a session believes, with the readers that must fail them."""

from decimal import Decimal

from tests.campaigns import collisions, damaged_reads
from tests.campaigns.twice import Hear


def test_no_damaged_register_is_believed_twice() -> None:
    verdict = damaged_reads.run(seed=645, tried=4_000)
    assert (verdict["tried"], verdict["violations"]) == (52_000, 0), verdict["examples"]
    assert verdict["passed"]["swap"]["digits"] > 50, "a single read believes what a sum cannot see"


def test_a_reader_that_believes_one_reply_fails() -> None:
    def believing(exchange: damaged_reads.Exchange, hear: Hear) -> Decimal | None:
        return exchange.truth + 1

    assert damaged_reads.run(seed=645, tried=2_000, read=believing)["violations"] > 10


def test_no_collision_is_taken_for_a_meter() -> None:
    verdict = collisions.run(seed=645, tried=10_000)
    assert (verdict["tried"], verdict["violations"]) == (10_000, 0), verdict["examples"]


def test_a_search_that_believes_every_good_sum_fails() -> None:
    assert collisions.run(seed=645, tried=2_000, listen_to=collisions.believing)["violations"] > 10
