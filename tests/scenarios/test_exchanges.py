"""C02 in short: exchanges, resets and rollovers, with the head-ends that must fail it."""

from __future__ import annotations

from headend.rules.book import RuleBook
from tests.campaigns import exchanges


def test_every_exchange_is_found_at_once_and_no_impossible_use_is_valid() -> None:
    verdict = exchanges.run(seed=645, tried=200)
    assert (verdict["tried"], verdict["violations"]) == (200, 0), verdict["examples"]


def test_a_head_end_that_never_asks_who_answers_finds_no_exchange() -> None:
    verdict = exchanges.run(seed=645, tried=100, item_of=lambda installation: "")
    assert verdict["violations"] >= 35, "of a hundred places thirty-five get another meter"
    assert "was found at None" in verdict["examples"][0]


def test_a_head_end_without_rules_believes_resets() -> None:
    verdict = exchanges.run(seed=645, tried=100, rules=RuleBook([]))
    assert any("used -" in example for example in verdict["examples"])
