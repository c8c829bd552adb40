"""C08 in short, and what the judge says of collectors that are replaced without being killed."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from datetime import timedelta

import pytest

from collectors.shards.child import Child
from tests.campaigns import paused_collectors
from tests.campaigns.bus_judge import Seen, interleaved
from tests.campaigns.paused_collectors import Form, campaign

SEED, MOST_TRIES = 645, 4
pytestmark = pytest.mark.timeout(300)
QUESTION = bytes.fromhex("6801000000000068110433333433b316")


@pytest.mark.slow
@pytest.mark.xdist_group("paused_collectors")
def test_paused_collectors_never_speak_into_each_others_lines_and_lose_nothing() -> None:
    verdict = paused_collectors.run(SEED, 8)
    assert (verdict["violations"], verdict["examples"]) == (0, [])
    assert verdict["replaced"] >= 2
    assert verdict["questions"] > 100


@pytest.mark.slow
@pytest.mark.xdist_group("paused_collectors")
def test_collectors_that_are_replaced_without_being_killed_are_caught() -> None:
    left: list[tuple[int, int]] = []

    async def abandon(child: Child) -> None:
        held_open = os.dup(child.wire.fileno())  # or it would notice on waking that it is alone
        left.append((os.pidfd_open(child.process.pid), held_open))

    caught: list[str] = []
    try:
        for seed in range(SEED, SEED + MOST_TRIES):  # whether a woken child speaks into a question is chance
            found = campaign(seed, Form(3, [9.0, 9.0], timedelta(hours=2)), abandon)
            caught = [words for words in found.bad if "speaks while" in words]
            if caught:
                break
    finally:
        for process, held_open in left:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signal.SIGKILL)
            os.close(process)
            os.close(held_open)
    assert caught


def seen(at: float, connection: int, what: str, data: bytes = QUESTION) -> Seen:
    return Seen(at, "bus", connection, what, data)


def test_a_question_into_an_open_one_is_a_violation_and_after_its_answer_it_is_none() -> None:
    assert len(interleaved([seen(0.0, 1, "asked"), seen(0.1, 2, "asked")])[0]) == 1
    assert interleaved([seen(0.0, 1, "asked"), seen(0.1, 1, "answered"), seen(0.2, 2, "asked")])[0] == []
    assert interleaved([seen(0.0, 1, "asked"), seen(0.1, 1, "asked")])[0] == []


def test_bytes_into_half_a_question_are_a_violation() -> None:
    assert len(interleaved([seen(0.0, 1, "asked", QUESTION[:5]), seen(0.1, 2, "asked")])[0]) == 1
    assert interleaved([seen(0.0, 1, "asked", QUESTION[:5]), seen(5.0, 2, "asked")])[0] == []
