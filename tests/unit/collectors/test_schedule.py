"""What is due when: each slot once, 92, 96 or 100 quarters a day, local midnight always a slot of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.schedule import due, seconds_until_next, slot_start
from headend.domain.collection import CollectionPlan, CollectionTask

QUARTERS = CollectionPlan("quarters", CollectionTask.REGISTERS, timedelta(minutes=15))
DAILY = CollectionPlan("daily", CollectionTask.DAILY_FREEZE, timedelta(days=1), timedelta(minutes=10))
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])


def slots_of_day(plan: CollectionPlan, zone: ZoneInfo, year: int, month: int, day: int) -> list[datetime]:
    now = datetime(year, month, day, tzinfo=zone).astimezone(UTC)
    end = (datetime(year, month, day, tzinfo=zone) + timedelta(days=1)).astimezone(UTC)
    slots: list[datetime] = []
    while now < end:
        slot = due(now, plan, zone, slots[-1] if slots else None)
        if slot is not None:
            slots.append(slot)
        now += timedelta(seconds=60)
    return slots


@pytest.mark.parametrize(("day", "count"), [((2026, 3, 29), 92), ((2026, 10, 25), 100), ((2026, 6, 1), 96)])
def test_a_day_has_as_many_quarters_as_it_has(day: tuple[int, int, int], count: int) -> None:
    slots = slots_of_day(QUARTERS, BERLIN, *day)
    assert len(slots) == len(set(slots)) == count


def test_the_daily_plan_comes_once_after_its_delay() -> None:
    midnight = datetime(2026, 6, 1, tzinfo=SHANGHAI).astimezone(UTC)
    assert slot_start(midnight + timedelta(minutes=9), DAILY, SHANGHAI) == midnight - timedelta(days=1)
    assert slot_start(midnight + timedelta(minutes=10), DAILY, SHANGHAI) == midnight
    assert due(midnight + timedelta(hours=5), DAILY, SHANGHAI, midnight) is None


@given(now=instants, zone=zones, plan=st.sampled_from([QUARTERS, DAILY]))
def test_a_slot_never_begins_in_the_future_and_is_stable(now: datetime, zone: ZoneInfo, plan: CollectionPlan) -> None:
    slot = slot_start(now, plan, zone)
    assert slot <= now - plan.delay
    assert slot_start(slot + plan.delay, plan, zone) == slot


@given(now=instants, zone=zones, plan=st.sampled_from([QUARTERS, DAILY]))
def test_waiting_as_long_as_told_reaches_the_next_slot(now: datetime, zone: ZoneInfo, plan: CollectionPlan) -> None:
    wait = seconds_until_next(now, plan, zone)
    assert wait > 0
    later = now + timedelta(seconds=wait)
    assert due(later, plan, zone, slot_start(now, plan, zone)) is not None


@pytest.mark.parametrize("every", [timedelta(minutes=7), timedelta(seconds=30), timedelta(days=2)])
def test_an_interval_that_does_not_divide_the_day_is_refused(every: timedelta) -> None:
    with pytest.raises(ValueError, match=r"divide|at most"):
        CollectionPlan("odd", CollectionTask.REGISTERS, every)
