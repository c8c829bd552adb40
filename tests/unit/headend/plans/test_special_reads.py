"""Reads at dates of their own: the frozen register of a midnight, tried again until it comes, given up plainly."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headend.clock import SteppedClock
from headend.domain.collection import MeterAnswer
from headend.domain.errors import Conflict, NoAnswer
from headend.domain.events import EventKind
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading, ReadingSource
from headend.domain.special_reads import SpecialReason, SpecialState
from headend.services.special_reads import ReadOnSpecialDates, SpecialOrder
from tests.fakes.batches import shipped_types
from tests.fakes.memory_plans import MemorySpecialReads
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registers, registration

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 2, tzinfo=ZONE).astimezone(UTC)


class Field:
    """A gateway to a meter that freezes at midnights, or is away; also a sink."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock, self.is_away, self.has_freezes = clock, False, True
        self.asked: list[str] = []
        self.kept: list[Reading] = []

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        self.asked.append("now")
        return self._answer(installation, self.clock.now(), ReadingSource.ON_DEMAND)

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        self.asked.append(f"freeze {list(days)}")
        if not self.has_freezes and not self.is_away:
            return MeterAnswer(installation, (), ())
        today = self.clock.now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        return self._answer(installation, today - timedelta(days=days[0] - 1), ReadingSource.DAILY_FREEZE)

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        raise AssertionError("nobody needs a curve")

    async def accept(self, readings: Sequence[Reading]) -> None:
        self.kept.extend(readings)

    def _answer(self, installation: MeterInstallation, at: datetime, source: ReadingSource) -> MeterAnswer:
        if self.is_away:
            raise NoAnswer("silence")
        found = registers(shipped_types(), installation.id, [(at.astimezone(UTC), "12.34")], source=source)
        return MeterAnswer(installation, (), tuple(found))


class World:
    """One meter, and the service."""

    def __init__(self) -> None:
        self.clock, self.events, self.special = SteppedClock(NOW), MemoryEventLog(), MemorySpecialReads()
        self.field, registry = Field(self.clock), MemoryMeterRegistry()
        asyncio.run(registry.register([registration(1)]))
        self.service = ReadOnSpecialDates(
            self.special,
            registry,
            self.field,
            self.field,  # type: ignore[arg-type]  # a sink as far as the service asks
            zone=ZONE,
            clock=self.clock,
            events=self.events,
        )

    def order(self, due_at: datetime, usage_point: str = "UP-0001") -> int:
        order = SpecialOrder(usage_point, due_at, SpecialReason.CONTRACT_END, "clerk")
        return asyncio.run(self.service.order(order)).id

    def run_at(self, at: datetime) -> int:
        self.clock.move_to(at)
        return asyncio.run(self.service.run_due())

    def state(self, number: int) -> SpecialState:
        return asyncio.run(self.special.one(number)).state

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in asyncio.run(self.events.recent(9))]


def test_at_a_midnight_the_frozen_register_is_read() -> None:
    world = World()
    number = world.order(MIDNIGHT)
    assert world.run_at(MIDNIGHT) == 0 and world.field.asked == []
    assert world.run_at(MIDNIGHT + timedelta(minutes=6)) == 1
    assert world.field.asked == ["freeze [1]"] and world.field.kept[0].measured_at == MIDNIGHT
    assert world.state(number) is SpecialState.DONE


def test_days_later_the_freeze_of_that_midnight_is_still_read() -> None:
    world = World()
    world.order(MIDNIGHT)
    world.field.is_away = True
    world.run_at(MIDNIGHT + timedelta(hours=1))
    world.field.is_away = False
    assert world.run_at(MIDNIGHT + timedelta(days=2)) == 1
    assert world.field.asked[-1] == "freeze [3]" and world.field.kept[0].measured_at == MIDNIGHT


def test_without_freezes_the_register_of_now_is_kept_and_the_delay_is_told() -> None:
    world = World()
    world.field.has_freezes = False
    number = world.order(MIDNIGHT)
    world.run_at(MIDNIGHT + timedelta(minutes=30))
    assert world.field.asked == ["freeze [1]", "now"]
    assert "30 min after the date" in asyncio.run(world.special.one(number)).outcome


def test_a_silent_meter_is_spared_for_some_minutes_and_given_up_after_days() -> None:
    world = World()
    number = world.order(NOW + timedelta(hours=1))
    world.field.is_away = True
    due_at = NOW + timedelta(hours=1)
    for minutes in (0, 1, 4, 6):
        world.run_at(due_at + timedelta(minutes=minutes))
    assert world.field.asked == ["now"] * 2 and world.state(number) is SpecialState.OPEN
    assert world.run_at(due_at + timedelta(days=3)) == 1
    assert world.state(number) is SpecialState.MISSED and world.field.kept == []
    assert world.kinds()[0] is EventKind.SPECIAL_READ_MISSED


def test_what_is_called_off_is_not_read() -> None:
    world = World()
    number = world.order(MIDNIGHT)
    asyncio.run(world.service.call_off(number, "clerk"))
    assert world.run_at(MIDNIGHT + timedelta(hours=1)) == 0 and world.field.asked == []
    with pytest.raises(Conflict):
        asyncio.run(world.service.call_off(number, "clerk"))


@pytest.mark.parametrize(
    ("due_at", "usage_point", "words"),
    [(MIDNIGHT, "UP-9", "no meter"), (NOW - timedelta(days=4), "UP-0001", "too late")],
)
def test_what_cannot_be_is_refused(due_at: datetime, usage_point: str, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        World().order(due_at, usage_point)
