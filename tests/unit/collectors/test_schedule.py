"""What is due when: each slot once over DST days, restarts and pauses; windows, days off and deadlines honoured."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.schedule import LONGEST_PAUSE, due, is_planned, seconds_until_next, slots
from headend.domain.plans import DailyWindow, DaysOff, OnDaysOff, Plan, PlanCalendar, PlanKind

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ZONES = [SHANGHAI, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]
QUARTERS = Plan("quarters", PlanKind.REGISTERS, PlanCalendar(SHANGHAI, 15 * MINUTE))
DAILY = Plan("daily", PlanKind.DAILY_FREEZE, PlanCalendar(SHANGHAI, DAY), delay=10 * MINUTE)
NIGHT = DailyWindow(time(22), time(6))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
CHANGES = [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]
clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def calendars(draw: st.DrawFn) -> PlanCalendar:
    every = draw(st.sampled_from([None, 15 * MINUTE, 60 * MINUTE, DAY]))
    at = () if every else tuple(draw(st.lists(clock_times, min_size=1, max_size=3, unique=True)))
    windows = draw(st.lists(st.builds(DailyWindow, clock_times, clock_times), max_size=2))
    return PlanCalendar(
        draw(st.sampled_from(ZONES)),
        every,
        at,
        weekdays=frozenset(draw(st.sets(st.integers(0, 6), min_size=1))),
        windows=tuple(windows),
        days_off=DaysOff(frozenset({date(2026, 3, 29)}), frozenset({5, 6}), frozenset({date(2026, 10, 24)})),
        on_days_off=draw(st.sampled_from(OnDaysOff)),
    )


plans = st.builds(
    lambda calendar, delay, deadline: Plan("p", PlanKind.REGISTERS, calendar, delay=delay, deadline=deadline),
    calendars(),
    st.sampled_from([timedelta(0), 10 * MINUTE]),
    st.sampled_from([None, 30 * MINUTE, 600 * MINUTE]),
)


def followed(plan: Plan, start: datetime, pauses: list[int]) -> list[datetime]:
    """The slots that a runner does or misses, woken after these minutes; it knows only `last`, as after a restart."""
    now, last, seen = start, start, []
    for pause in pauses:
        now += pause * MINUTE
        found = due(now, plan, last)
        told = [*found.missed, *([found.now] if found.now else [])]
        seen += [slot.start for slot in told]
        last = seen[-1] if seen else last
    return seen


@settings(max_examples=150, deadline=None)
@given(plan=plans, start=st.sampled_from(CHANGES), pauses=st.lists(st.integers(1, 900), min_size=1, max_size=12))
def test_each_slot_is_due_or_missed_exactly_once(plan: Plan, start: datetime, pauses: list[int]) -> None:
    seen = followed(plan, start, pauses)
    end = start + sum(pauses) * MINUTE
    assert seen == sorted(set(seen))
    assert [slot.start for slot in slots(plan, start, end) if slot.begins_at <= end][-len(seen) :] == seen or not seen
    minutely = followed(plan, start, [1] * sum(pauses)) if sum(pauses) < 600 else seen
    assert minutely == seen


@settings(max_examples=150, deadline=None)
@given(plan=plans, now=instants)
def test_what_is_due_lies_in_a_window_and_before_its_end(plan: Plan, now: datetime) -> None:
    slot = due(now, plan, now - 2 * DAY).now
    if slot is None:
        return
    calendar = plan.calendar
    assert slot.start + plan.delay <= slot.begins_at <= now
    assert slot.ends_at is None or now < slot.ends_at
    assert is_planned(calendar, slot.start.astimezone(calendar.zone).date())
    if calendar.windows:
        begin, local = slot.begins_at.astimezone(calendar.zone).time(), now.astimezone(calendar.zone).time()
        assert any(begin in window for window in calendar.windows)
        assert any(local in window for window in calendar.windows)


@settings(max_examples=150, deadline=None)
@given(plan=plans, now=instants)
def test_waiting_as_long_as_told_reaches_the_next_slot_and_no_less(plan: Plan, now: datetime) -> None:
    wait = timedelta(seconds=seconds_until_next(now, plan))
    assert wait > timedelta(0)
    newest = due(now, plan, None)
    last = newest.now.start if newest.now else now - LONGEST_PAUSE
    if wait < DAY:
        assert due(now + wait, plan, last) != due(now + wait - timedelta(microseconds=1), plan, last)


@pytest.mark.parametrize(("day", "count"), [((2026, 3, 29), 92), ((2026, 10, 25), 100), ((2026, 6, 1), 96)])
def test_a_day_has_as_many_quarters_as_it_has(day: tuple[int, int, int], count: int) -> None:
    plan = replace(QUARTERS, calendar=PlanCalendar(BERLIN, 15 * MINUTE))
    midnight = datetime(*day, tzinfo=BERLIN)
    found = list(slots(plan, midnight - MINUTE, (midnight + DAY).astimezone(UTC) - MINUTE))
    assert len(found) == count


def test_the_daily_plan_comes_once_after_its_delay() -> None:
    midnight = datetime(2026, 6, 1, tzinfo=SHANGHAI).astimezone(UTC)
    early, timely = due(midnight + 9 * MINUTE, DAILY, None).now, due(midnight + 10 * MINUTE, DAILY, None).now
    assert early and early.start == midnight - DAY
    assert timely and timely.start == midnight
    assert due(midnight + 300 * MINUTE, DAILY, midnight).now is None


def test_a_long_pause_gives_the_newest_slot_and_names_the_others() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI).astimezone(UTC)
    found = due(noon, QUARTERS, noon - 120 * MINUTE)
    assert found.now and found.now.start == noon
    assert [slot.start for slot in found.missed] == [noon - n * 15 * MINUTE for n in range(7, 0, -1)]


def test_a_slot_past_its_deadline_is_missed_and_not_done_late() -> None:
    plan = replace(QUARTERS, deadline=10 * MINUTE)
    noon = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI).astimezone(UTC)
    assert due(noon + 9 * MINUTE, plan, noon - 15 * MINUTE).now is not None
    late = due(noon + 10 * MINUTE, plan, noon - 15 * MINUTE)
    assert late.now is None and [slot.start for slot in late.missed] == [noon]


def test_slots_of_the_day_wait_for_the_night_as_one() -> None:
    plan = replace(QUARTERS, calendar=replace(QUARTERS.calendar, windows=(NIGHT,)))
    evening = datetime(2026, 6, 1, 22, tzinfo=SHANGHAI)
    assert due(evening - MINUTE, plan, evening - 720 * MINUTE).now is None
    found = due(evening, plan, evening - 720 * MINUTE)
    assert found.now and found.now.start == evening and found.missed == ()
    assert found.now.ends_at == datetime(2026, 6, 2, 6, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (OnDaysOff.RUN, [9, 10, 11, 12]),
        (OnDaysOff.SKIP, [9, 12]),
        (OnDaysOff.ONLY, [10, 11]),
        (OnDaysOff.NEXT_WORKING_DAY, [9, 12]),
    ],
)
def test_days_off_are_run_skipped_or_put_off(rule: OnDaysOff, days: list[int]) -> None:
    off = DaysOff(frozenset({date(2026, 10, 10), date(2026, 10, 11)}))
    calendar = PlanCalendar(SHANGHAI, DAY, days_off=off, on_days_off=rule)
    assert [day for day in range(9, 13) if is_planned(calendar, date(2026, 10, day))] == days


def test_a_monthly_read_of_the_first_is_put_off_over_the_holidays() -> None:
    national_day = DaysOff(frozenset(date(2026, 10, day) for day in range(1, 8)))
    calendar = PlanCalendar(
        SHANGHAI,
        at=(time(1),),
        month_days=frozenset({1}),
        days_off=national_day,
        on_days_off=OnDaysOff.NEXT_WORKING_DAY,
    )
    planned = [day for day in range(1, 32) if is_planned(calendar, date(2026, 10, day))]
    assert planned == [8]


def test_the_last_day_of_the_month_is_found_from_its_end() -> None:
    calendar = PlanCalendar(SHANGHAI, DAY, month_days=frozenset({-1}))
    assert [m for m in (27, 28, 29) if is_planned(calendar, date(2028, 2, m))] == [29]


def test_jitter_is_the_same_each_time_and_spread() -> None:
    plan = replace(QUARTERS, jitter=10 * MINUTE)
    first = [plan.jitter_of(number) for number in range(2_000)]
    assert first == [plan.jitter_of(number) for number in range(2_000)]
    counts = [first.count(n * MINUTE) for n in range(11)]
    assert min(counts) > 120 and sum(counts) == 2_000


@pytest.mark.parametrize("every", [7 * MINUTE, timedelta(seconds=30), 2 * DAY])
def test_an_interval_that_does_not_divide_the_day_is_refused(every: timedelta) -> None:
    with pytest.raises(ValueError, match=r"divide|at most"):
        PlanCalendar(SHANGHAI, every)
