"""Short forms of C03 and C04, each with the head-end that must fail it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from collectors import plan_runner, schedule
from collectors.driver import Site
from headend.domain.plans import Plan, PlanSlot
from tests.campaigns import clock_faults, wall_clock
from tests.campaigns.__main__ import SEED


def test_clocks_that_jump_cost_no_slot_and_double_none() -> None:
    verdict = clock_faults.run(SEED, 100)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (600, 0, [])


def test_slots_by_local_time_lose_an_hour_in_spring() -> None:
    def naive(plan: Plan, after: datetime, until: datetime) -> Iterator[PlanSlot]:
        zone = plan.calendar.zone
        return (one for one in schedule.slots(plan, after, until) if one.start.astimezone(zone).hour != 3)

    assert clock_faults.run(SEED, 1, naive)["violations"] >= 6


def test_a_head_end_that_believes_every_clock_loses_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Site.__init__, "__defaults__", (timedelta(days=9_999), timedelta))
    assert clock_faults.run(SEED, 1)["violations"] > 5


def test_our_own_clock_may_be_set_by_an_hour_again_and_again() -> None:
    verdict = wall_clock.run(SEED, 10)
    assert (verdict["tried"], verdict["violations"], verdict["examples"]) == (10, 0, [])


def test_a_schedule_that_waits_until_its_last_slot_comes_again_misses_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_runner, "SET_BACK", timedelta(days=1))
    assert wall_clock.run(SEED, 10)["violations"] > 5
