"""A meter's clock drifts, can be set, and knows when it passed a moment."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.fleet import FleetPlan, build_fleet
from simulators.meter_clock import MeterClock

START = datetime(2026, 1, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def clock(ppm: float = 0, offset_s: float = 0) -> MeterClock:
    return MeterClock(start=START, zone=SHANGHAI, drift_ppb=round(ppm * 1000), offset=timedelta(seconds=offset_s))


def test_ten_ppm_fast_gains_864_milliseconds_a_day() -> None:
    assert clock(ppm=10).offset(START + timedelta(days=1)) == timedelta(milliseconds=864)
    assert clock(ppm=-10).offset(START + timedelta(days=1)) == timedelta(milliseconds=-864)


def test_a_perfect_clock_shows_local_time_in_whole_seconds() -> None:
    shown = clock().local(START + timedelta(seconds=1, milliseconds=999))
    assert shown.isoformat() == "2026-01-01T08:00:01"


def test_setting_it_moves_it_and_the_drift_goes_on() -> None:
    fast = clock(ppm=10, offset_s=30)
    at = START + timedelta(days=1)
    fast.set(at, at)
    assert fast.offset(at) == timedelta()
    assert fast.offset(at + timedelta(days=1)) == timedelta(milliseconds=864)
    assert fast.offset(at - timedelta(seconds=1)) > timedelta(seconds=30)


@given(st.integers(-500, 500), st.integers(-300, 300), st.integers(400, 10**7))
def test_the_instant_of_a_moment_is_the_first_second_that_shows_it(ppm: int, offset: int, later: int) -> None:
    subject = clock(ppm=ppm, offset_s=offset)
    wanted = START + timedelta(seconds=later)
    at = subject.true_instant(wanted)
    assert at is not None
    assert subject.reading(at) >= wanted > subject.reading(at - timedelta(seconds=1))


def test_a_moment_that_was_jumped_over_happened_at_the_jump() -> None:
    subject = clock(offset_s=-600)
    jump = START + timedelta(hours=1)
    subject.set(jump, jump)
    assert subject.true_instant(START + timedelta(minutes=55)) == jump


def test_a_moment_shown_twice_counts_from_the_second_time() -> None:
    subject = clock(offset_s=600)
    subject.set(START + timedelta(hours=1), START + timedelta(hours=1))
    assert subject.true_instant(START + timedelta(minutes=65)) == START + timedelta(minutes=65)
    assert subject.true_instant(START + timedelta(minutes=59)) == START + timedelta(minutes=49)


def test_a_moment_before_the_clock_ran_never_happened() -> None:
    assert clock().true_instant(START - timedelta(seconds=1)) is None


def test_it_is_not_set_in_its_past_and_takes_no_naive_time() -> None:
    subject = clock()
    subject.set(START + timedelta(hours=2), START)
    with pytest.raises(ValueError, match="past"):
        subject.set(START + timedelta(hours=1), START)
    with pytest.raises(ValueError, match="aware"):
        subject.reading(datetime.fromisoformat("2026-01-02"))


def test_what_a_clock_shows_does_not_know_which_of_two_hours_it_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    (meter,) = build_fleet(FleetPlan(1, seed=8, commissioned=datetime(2026, 9, 1, tzinfo=berlin), zone=berlin))
    again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time
    later = datetime(2026, 10, 25, 2, 15, tzinfo=UTC)
    assert meter.clock.local(again).fold == 0
    first = datetime(2026, 10, 25, 2, 0)
    told = [next(meter.load_records(first, 1, at)) for at in (again, later)]
    assert told[0].at == told[1].at
