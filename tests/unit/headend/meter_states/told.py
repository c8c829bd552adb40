"""A judge over the shipped rules, meters that tell what a test says, and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from headend.clock import SteppedClock
from headend.domain.events import EventKind
from headend.domain.meter_states import StateKind
from headend.domain.readings import Reading, ReadingSource, to_batch
from headend.services.judge_states import JudgeStates
from headend.services.keep_meter_states import KeepMeterStates
from headend.services.meter_facts import MeterFacts
from headend.shipped import config_root
from headend.state_files import state_terms
from tests.fakes.batches import shipped_types
from tests.fakes.memory_states import MemoryStateBook
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TYPES = shipped_types()
TERMS = state_terms(config_root())
QUARTER = timedelta(minutes=15)
IMPORT, POWER = "active_energy_import", "active_power"


class Told:
    """The real judge over the memory twins."""

    def __init__(self, book: MemoryStateBook | None = None) -> None:
        self.book, self.events, self.clock = book or MemoryStateBook(), MemoryEventLog(), SteppedClock(NOON)
        registry = MemoryMeterRegistry()
        asyncio.run(registry.register([registration(number) for number in (1, 2, 3)]))
        self.keep = KeepMeterStates(self.book, TERMS.actions, TERMS.version, clock=self.clock, events=self.events)
        asyncio.run(self.keep.load())
        self.judge = JudgeStates(TERMS.rules.all(), self.keep, MeterFacts(registry), TYPES)

    def readings(self, meter: int, values: Mapping[str, str], *, offset: timedelta = timedelta()) -> list[Reading]:
        """One session now."""
        now, source = self.clock.now(), ReadingSource.SCHEDULED
        return [
            Reading(meter, kind, now + offset, now, Decimal(value), kind.unit, source)
            for kind, value in ((TYPES.by_name(name), value) for name, value in values.items())
        ]

    def keep_all(self, readings: list[Reading]) -> None:
        """What the intake does."""
        asyncio.run(self.judge.follow(to_batch(readings)))

    def tell(self, meter: int = 1, **values: str) -> None:
        """One session of a meter, a quarter of an hour after the one before."""
        self.wait(QUARTER)
        self.keep_all(self.readings(meter, values))

    def registers(self, *values: str, meter: int = 1, power: str = "1") -> None:
        """One session for each."""
        for value in values:
            self.tell(meter, active_energy_import=value, active_power=power)

    def wait(self, time: timedelta) -> None:
        """Time goes by."""
        self.clock.move_to(self.clock.now() + time)

    def standing(self) -> list[tuple[int, StateKind]]:
        """What is wrong now."""
        return sorted((one.installation_id, one.kind) for one in asyncio.run(self.book.standing()))

    def kinds(self) -> list[EventKind]:
        """What was told, oldest first."""
        return [event.kind for event in reversed(asyncio.run(self.events.recent(100)))]
