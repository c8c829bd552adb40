"""M01 in short: three days with an outage of two, and the head-end that must fail it."""

from __future__ import annotations

from tests.campaigns import month


def test_days_with_an_outage_are_complete_and_the_same_again() -> None:
    first, again = (month.run(seed=645, tried=20) for _ in range(2))
    assert (first["violations"], first["completeness_percent"]) == (0, "100.000"), first["examples"]
    assert first["sha256"] == again["sha256"]


def test_a_head_end_that_fills_no_gaps_is_incomplete() -> None:
    verdict = month.run(seed=645, tried=20, round_s=1e9)
    assert verdict["violations"] > 100
    assert " lacks " in verdict["examples"][0]
