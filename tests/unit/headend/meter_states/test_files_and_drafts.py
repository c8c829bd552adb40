"""The file of terms says what is wrong with it; a draft is decided once, with a name and a reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headend.clock import SteppedClock
from headend.domain.errors import ConfigError, Conflict
from headend.domain.meter_states import DraftStanding, StateKind
from headend.services.decide_drafts import DecideDrafts
from headend.shipped import config_root
from headend.state_files import state_terms
from tests.unit.headend.meter_states.told import NOON, Told

SHIPPED = (config_root() / "meter_states.yaml").read_text(encoding="utf-8")


def loaded(folder: Path, text: str) -> None:
    (folder / "meter_states.yaml").write_text(text, encoding="utf-8")
    state_terms(folder)


def test_the_shipped_file_has_an_action_for_each_kind_in_both_languages() -> None:
    actions = state_terms(config_root()).actions
    assert all(actions[kind].en and actions[kind].zh for kind in StateKind)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("good_s: 60", "good_s: 301", r"yaml:\d+ rules\.clock_wrong: good_s must be at most beyond_s"),
        ("{steps: 3}", "{step: 3}", r"yaml:\d+ rules\.reversed\.step.*spelling|yaml:\d+ rules\.reversed\.steps"),
        ("hours: 6", "hours: six", r"yaml:\d+ rules\.stopped\.hours: .*number"),
        ("  no_answer:", "  no_answers:", r"yaml:\d+ actions\.no_answers"),
    ],
)
def test_a_wrong_file_says_line_field_and_reason(tmp_path: Path, old: str, new: str, words: str) -> None:
    loaded(tmp_path, SHIPPED)
    with pytest.raises(ConfigError, match=words):
        loaded(tmp_path, SHIPPED.replace(old, new))


def test_a_kind_without_an_action_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"actions\.no_answer: has no suggested action \(add en and zh\)"):
        loaded(tmp_path, SHIPPED[: SHIPPED.index("  no_answer:")])


def test_a_draft_is_decided_once_by_somebody_who_says_why() -> None:
    told = Told()
    told.tell(clock_offset="900")
    told.tell(2, clock_offset="900")
    decide = DecideDrafts(told.book, SteppedClock(NOON))
    with pytest.raises(Conflict, match="says why"):
        asyncio.run(decide.dismiss(1, "ada", "  "))
    assert asyncio.run(decide.dismiss(1, "ada", "known")).standing is DraftStanding.DISMISSED
    accepted = asyncio.run(decide.accept(2, "ada"))
    assert (accepted.standing, accepted.decided_by, accepted.decided_at) == (DraftStanding.ACCEPTED, "ada", NOON)
    with pytest.raises(Conflict, match="dismissed by ada already"):
        asyncio.run(decide.accept(1, "bob"))
