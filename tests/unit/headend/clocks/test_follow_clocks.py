"""Offsets, drift and jumps are learned from what is kept; doubtful times are marked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from headend.clock import SteppedClock
from headend.domain.clocks import JumpCause, JumpTerms
from headend.domain.events import EventKind
from headend.domain.quality import ReadingQuality, mask
from headend.domain.readings import Reading, ReadingBatch, ReadingSource, to_batch
from headend.services.follow_clocks import FollowClocks
from tests.fakes.batches import shipped_types
from tests.fakes.memory_clocks import MemoryClockBook
from tests.fakes.memory_stores import MemoryEventLog

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TYPES = shipped_types()
JUMPED, OFFSET = mask([ReadingQuality.CLOCK_JUMPED]), mask([ReadingQuality.CLOCK_OFFSET])


class Told:
    """A follower, and what clocks tell at chosen instants."""

    def __init__(self, book: MemoryClockBook | None = None) -> None:
        self.book, self.events = book or MemoryClockBook(), MemoryEventLog()
        self.clock, self.monotonic = SteppedClock(NOON), 0.0
        self.clock.monotonic = lambda: self.monotonic  # type: ignore[method-assign]  # time stands still here
        self.follow = FollowClocks(self.book, TYPES, JumpTerms(), clock=self.clock, events=self.events)

    def tell(self, offset_s: int, after: timedelta = timedelta(), meter: int = 7) -> ReadingBatch:
        self.wait(after)
        return self.keep([self._reading("clock_offset", Decimal(offset_s), meter, "s")])

    def keep(self, readings: list[Reading]) -> ReadingBatch:
        return asyncio.run(self.follow.follow(to_batch(readings)))

    def wait(self, time: timedelta) -> None:
        self.monotonic += time.total_seconds()
        self.clock.move_to(self.clock.now() + time)

    def stored(self, stamp: datetime, meter: int = 7) -> int:
        kind = TYPES.by_name("active_energy_import")
        now = self.clock.now()
        reading = Reading(meter, kind, stamp, now, Decimal(1), "kWh", ReadingSource.LOAD_PROFILE)
        return int(self.keep([reading]).quality[0])

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in asyncio.run(self.events.recent(100))]

    def _reading(self, name: str, value: Decimal, meter: int, unit: str) -> Reading:
        now = self.clock.now()
        return Reading(meter, TYPES.by_name(name), now, now, value, unit, ReadingSource.SCHEDULED)


def test_drift_is_known_after_a_day_and_is_no_jump() -> None:
    told = Told()
    for day in range(11):
        told.tell(day // 2, timedelta(days=1) if day else timedelta())
    state = told.follow.state(7)
    assert state is not None and state.drift_s_per_day == Decimal("0.50")
    assert told.kinds() == []


@pytest.mark.parametrize("jump", [3, -3, 60, -3600, 86_400, -366 * 86_400, 10 * 365 * 86_400])
def test_more_than_drift_explains_is_a_jump_with_before_and_after(jump: int) -> None:
    told = Told()
    assert not told.tell(1).quality[0] & JUMPED
    assert told.tell(1 + jump, timedelta(minutes=15)).quality[0] & JUMPED
    assert told.kinds() == [EventKind.CLOCK_JUMPED]
    [kept] = asyncio.run(told.book.jumps(7))
    assert (kept.before_s, kept.after_s, kept.cause) == (1, 1 + jump, JumpCause.UNKNOWN)


@pytest.mark.parametrize("step", [1, -1, 2, -2])
def test_rounding_is_no_jump(step: int) -> None:
    told = Told()
    told.tell(0)
    assert not told.tell(step, timedelta(minutes=15)).quality[0] & JUMPED
    assert told.kinds() == []


def test_an_ordered_change_is_no_alarm() -> None:
    told = Told()
    told.tell(120)
    told.follow.ordered([7])
    told.tell(0, timedelta(minutes=15))
    assert told.kinds() == []
    assert [one.cause for one in asyncio.run(told.book.jumps(7))] == [JumpCause.ORDERED]


def test_when_our_own_clock_is_set_no_meter_has_jumped() -> None:
    told = Told()
    for meter in (7, 8):
        told.tell(3, meter=meter)
    told.clock.move_to(told.clock.now() + timedelta(hours=1))
    for meter in (7, 8):
        told.tell(3 - 3600, timedelta(minutes=15), meter=meter)
    assert told.kinds() == [EventKind.SERVER_CLOCK_JUMPED]


def test_stored_stamps_of_a_wrong_clock_are_marked_then_and_later() -> None:
    told = Told()
    told.tell(0)
    quarter = timedelta(minutes=15)
    assert not told.stored(NOON) & OFFSET
    told.tell(7200, quarter)  # from 12:15 on it shows 14:15
    assert told.stored(NOON + timedelta(hours=2, minutes=15)) & OFFSET
    told.tell(0, timedelta(hours=1))  # at 13:15 it is right again
    assert told.stored(NOON + timedelta(hours=2, minutes=15)) & OFFSET
    assert told.stored(NOON + timedelta(minutes=45)) & OFFSET
    assert not told.stored(NOON - quarter) & OFFSET
    assert not told.stored(NOON + timedelta(hours=4)) & OFFSET


def test_what_was_known_survives_a_restart() -> None:
    told = Told()
    told.tell(0)
    told.tell(4000, timedelta(minutes=15))
    asyncio.run(told.follow.save())
    again = Told(told.book)
    asyncio.run(again.follow.load())
    state = again.follow.state(7)
    assert state is not None and state.offset_s == 4000
    assert again.stored(NOON) & OFFSET
    assert not again.follow.is_trusted(7)
