"""Two ways that tell one register: no doubles, and what cannot both be true is kept twice and marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from headend.clock import SteppedClock
from headend.domain.events import EventKind
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource, StoredReading
from headend.live_feed import InProcessFeed
from headend.rules.book import RuleBook
from headend.services.accept_readings import AcceptReadings
from headend.services.compare_ways import CompareWays
from headend.services.meter_facts import MeterFacts
from tests.fakes.batches import shipped_types
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.meters import registers, registration

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TYPES = shipped_types()
DISAGREE = ReadingQuality.WAYS_DISAGREE


class Desk:
    """Readings go in; meter 1 has several ways, meter 2 its own line alone."""

    def __init__(self) -> None:
        self.store, self.events, self.registry = MemoryReadingStore(TYPES), MemoryEventLog(), MemoryMeterRegistry()
        facts = MeterFacts(self.registry)
        compare = CompareWays(self.store, facts, TYPES, lambda meter: meter == 1)
        self.accept = AcceptReadings(
            self.store,
            RuleBook([]),
            facts,
            TYPES,
            clock=SteppedClock(NOON),
            events=self.events,
            feed=InProcessFeed(),
            compare=compare,
        )

    async def tell(self, at: datetime, value: str, way: int, *, meter: int = 1) -> None:
        await self.put(replace(one, way=way) for one in registers(TYPES, meter, [(at, value)]))

    async def put(self, readings: object) -> None:
        await self.accept.accept(list(readings))  # type: ignore[call-overload]  # any readings

    async def series(self, meter: int = 1) -> list[StoredReading]:
        kind = TYPES.by_name("active_energy_import")
        return list(await self.store.series(meter, [kind.id], NOON - timedelta(days=9), NOON + timedelta(days=9)))

    async def told(self) -> list[str]:
        return [one.detail for one in await self.events.recent(99) if one.kind is EventKind.WAYS_DISAGREE]


@pytest_asyncio.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.registry.register([registration(1), registration(2)])
    return desk


async def test_the_same_value_by_two_ways_is_one_reading(desk: Desk) -> None:
    await desk.tell(NOON, "100.00", 1)
    await desk.tell(NOON, "100.00", 2)
    [only] = await desk.series()
    assert (only.way, only.version, only.qualities) == (1, 1, ())
    assert await desk.told() == []


async def test_values_that_a_meter_can_count_between_are_both_good(desk: Desk) -> None:
    await desk.tell(NOON, "100.00", 1)
    await desk.tell(NOON + MINUTE, "100.70", 2)
    assert [(one.way, one.qualities) for one in await desk.series()] == [(1, ()), (2, ())]


async def test_values_of_which_not_both_can_be_true_are_kept_marked_and_told(desk: Desk) -> None:
    await desk.tell(NOON, "100.00", 1)
    await desk.tell(NOON + MINUTE, "900.00", 2)
    assert [(one.text, one.way, one.qualities) for one in await desk.series()] == [
        ("100.00", 1, (DISAGREE,)),
        ("900.00", 2, (DISAGREE,)),
    ]
    [words] = await desk.told()
    assert "900.00 at 2026-11-24T04:01:00Z by way 2" in words
    assert "100.00 at 2026-11-24T04:00:00Z by way 1" in words


async def test_of_two_values_of_one_instant_the_better_way_stays_in_force(desk: Desk) -> None:
    await desk.tell(NOON, "100.00", 1)
    await desk.tell(NOON, "100.01", 2)
    [shown] = await desk.series()
    assert (shown.text, shown.way) == ("100.00", 1)
    assert DISAGREE in shown.qualities
    kind = TYPES.by_name("active_energy_import")
    history = await desk.store.history(1, kind.id, NOON)
    assert [(one.text, one.way) for one in history] == [("100.00", 1), ("100.01", 2), ("100.00", 1)]
    await desk.tell(NOON, "100.00", 1)
    assert len(await desk.store.history(1, kind.id, NOON)) == 3, "told once more, nothing is added"


async def test_the_better_way_takes_the_place_of_the_worse(desk: Desk) -> None:
    await desk.tell(NOON, "100.01", 2)
    await desk.tell(NOON, "100.00", 1)
    [shown] = await desk.series()
    assert (shown.text, shown.way) == ("100.00", 1)


async def test_a_person_never_takes_the_place_of_a_line(desk: Desk) -> None:
    await desk.tell(NOON, "100.00", 1, meter=2)
    typed = registers(TYPES, 2, [(NOON, "1000.00")], source=ReadingSource.MANUAL)
    await desk.put(typed)
    [shown] = await desk.series(2)
    assert (shown.text, shown.source) == ("100.00", ReadingSource.SCHEDULED)
    assert len(await desk.told()) == 1


async def test_a_meter_with_its_own_line_alone_costs_no_question(desk: Desk) -> None:
    asked: list[int] = []
    series = desk.store.series

    async def counted(installation_id: int, *rest: object) -> object:
        asked.append(installation_id)
        return await series(installation_id, *rest)  # type: ignore[arg-type]  # passed on

    desk.store.series = counted  # type: ignore[method-assign,assignment]  # watched
    await desk.tell(NOON, "100.00", 1, meter=2)
    await desk.tell(NOON + MINUTE, "900.00", 1, meter=2)
    assert asked == []
    await desk.tell(NOON, "100.00", 1)
    await desk.tell(NOON + MINUTE, "100.00", 1)
    assert asked == [1], "and one with several ways only when another one tells"
