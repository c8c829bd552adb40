"""Short forms of the campaigns over lines and days, each with the reader, line or store that must fail it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from collectors import supervisor
from headend.domain.readings import ReadingBatch
from tests.campaigns import babbling_line, bad_days, echoes, late_replies, outage, replays, shuffled_input
from tests.campaigns.__main__ import CAMPAIGNS, Campaign, main
from tests.scenarios.gullible_driver import GullibleDriver
from tests.scenarios.indexed_store import IndexedReadingStore

SEED = 645


def test_no_late_reply_lands_under_another_key() -> None:
    verdict = late_replies.run(SEED, 2_000)
    assert (verdict["violations"], verdict["examples"]) == (0, [])
    assert verdict["tried"] >= 2_000


def test_a_gullible_reader_puts_late_replies_under_other_keys() -> None:
    assert late_replies.run(SEED, 200, GullibleDriver)["violations"] > 5


def test_our_own_echo_confirms_nothing_and_costs_no_read() -> None:
    verdict = echoes.run(SEED, 500)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (500, 0, [])


def test_a_gullible_reader_takes_its_echo_for_an_answer() -> None:
    assert echoes.run(SEED, 50, GullibleDriver)["violations"] > 20


def test_a_babbling_line_slows_down_nobody_else() -> None:
    verdict = babbling_line.run(SEED, 1, lines=16)
    assert (verdict["violations"], verdict["examples"]) == (0, [])
    assert verdict["tried"] == 15 * 2 * 4


def test_babble_on_every_line_is_noticed() -> None:
    assert babbling_line.run(SEED, 1, babbling=range(4), lines=4)["violations"] > 0


def test_bad_days_of_a_line_are_complete_exact_and_single() -> None:
    verdict = bad_days.run(SEED, 20, days=1)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (20 * 96, 0, [])


def test_input_in_any_order_leaves_the_same_content() -> None:
    verdict = shuffled_input.run(SEED, 50)
    assert (verdict["tried"], verdict["violations"]) == (50, 0)


class OnlyForward(IndexedReadingStore):
    """Keeps nothing older than what it has: the wrong store that the metamorphic check must catch."""

    def _append_row(self, batch: ReadingBatch, position: int) -> bool:
        installation, kind, measured = (int(column[position]) for column in batch.columns()[:3])
        is_older = measured < max(self._times[installation, kind], default=0)
        return False if is_older else super()._append_row(batch, position)


def test_a_store_that_only_goes_forward_is_caught() -> None:
    assert shuffled_input.run(SEED, 10, OnlyForward)["violations"] == 10


def test_the_same_seed_is_the_same_history() -> None:
    verdict = replays.run(SEED, 5)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (5, 0, [])


def test_another_process_with_other_hash_seeds_has_the_same_history() -> None:
    code = f"from tests.campaigns.replays import history; print(history({SEED}))"
    environment = os.environ | {"PYTHONHASHSEED": "4711"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == replays.history(SEED)


def test_the_command_prints_one_line_of_json_a_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    small = {"P01": Campaign("bit_flips", 1_000, 500), "C09": Campaign("shuffled_input", 2, 1)}
    assert main(["--short"], small) == 0
    verdicts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(verdict["id"], verdict["tried"]) for verdict in verdicts] == [("P01", 500), ("C09", 1)]
    for verdict in verdicts:
        assert {"id", "seed", "tried", "violations", "secs"} <= verdict.keys()


def test_a_violation_is_an_exit_code_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {"X": Campaign("always_wrong", 1, 1)}) == 1
    assert json.loads(capsys.readouterr().out)["violations"] == 1


def test_every_campaign_is_in_the_table_with_a_shorter_form() -> None:
    assert {"P01", "P02", "P08", "P10", "P11", "C01", "C09"} <= CAMPAIGNS.keys()
    assert all(campaign.short < campaign.long for campaign in CAMPAIGNS.values())


def test_after_two_days_away_all_is_had_again_and_live_reads_stay_on_time() -> None:
    verdict = outage.run(seed=645, tried=20)
    assert (verdict["violations"], verdict["examples"]) == (0, [])


def test_a_head_end_that_looks_back_a_day_only_misses_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LONG_LOOK_BACK", supervisor.LOOK_BACK)
    assert outage.run(seed=645, tried=20)["violations"] > 1_000
