"""A parked meter: not asked, not counted, back by itself; and every step told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headend.clock import SteppedClock
from headend.domain.errors import Conflict, UnknownMeter
from headend.domain.events import EventKind
from headend.domain.parking import ParkingReason
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import to_batch
from headend.queries.fleet import MeterState, ShowFleet
from headend.queries.gaps import ListGaps
from headend.services.park_meters import ParkingOrder, ParkMeters
from headend.services.polled_meters import PolledMeters
from tests.fakes.memory_grid import MemoryParkings
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.meters import registers, registration

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
REPAIR = ParkingOrder(ParkingReason.UNDER_REPAIR, "ann", "in the workshop")


class Yard:
    """Two meters, and everything that must know of their parking."""

    def __init__(self, types: ReadingTypeTable) -> None:
        self.clock, self.types = SteppedClock(NOON), types
        self.registry, self.events = MemoryMeterRegistry(), MemoryEventLog()
        self.store = MemoryReadingStore(types)
        self.parkings = MemoryParkings(self.registry)
        self.parking = ParkMeters(self.registry, self.parkings, clock=self.clock, events=self.events)
        self.polled = PolledMeters(self.registry, self.parking)
        self.gaps = ListGaps(self.registry, self.store, types, self.clock, self.parkings)

    async def asked(self) -> list[int]:
        return [one.id for one in await self.polled.installations()]

    async def told(self) -> list[tuple[EventKind, int | None]]:
        return [(event.kind, event.installation_id) for event in reversed(await self.events.recent(99))]


@pytest.fixture
def yard(types: ReadingTypeTable) -> Yard:
    yard = Yard(types)
    asyncio.run(yard.registry.register([registration(1), registration(2)]))
    return yard


def test_it_is_not_asked_until_somebody_takes_it_back(yard: Yard) -> None:
    asyncio.run(yard.parking.park(1, REPAIR))
    assert asyncio.run(yard.asked()) == [2]
    yard.clock.move_to(NOON + timedelta(days=400))
    assert asyncio.run(yard.asked()) == [2]
    asyncio.run(yard.parking.unpark(1, "bob"))
    assert asyncio.run(yard.asked()) == [1, 2]
    assert asyncio.run(yard.told()) == [(EventKind.METER_PARKED, 1), (EventKind.METER_UNPARKED, 1)]


def test_it_comes_back_by_itself_and_that_is_told_once(yard: Yard) -> None:
    end = NOON + timedelta(hours=1)
    asyncio.run(yard.parking.park(1, ParkingOrder(ParkingReason.NOT_YET_ENERGISED, "ann", until=end)))
    yard.clock.move_to(end - timedelta(seconds=1))
    assert asyncio.run(yard.asked()) == [2]
    yard.clock.move_to(end + timedelta(hours=5))
    for _ in range(3):
        assert asyncio.run(yard.asked()) == [1, 2]
    assert asyncio.run(yard.told()) == [(EventKind.METER_PARKED, 1), (EventKind.METER_UNPARKED, 1)]
    [newest, _] = asyncio.run(yard.events.recent(9))
    assert newest.occurred_at == end


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (ParkingOrder(ParkingReason.REMOVED, "ann", since=NOON + timedelta(seconds=1)), "not from one to come"),
        (ParkingOrder(ParkingReason.REMOVED, "ann", until=NOON), "has passed"),
    ],
)
def test_what_cannot_be_is_refused(yard: Yard, order: ParkingOrder, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        asyncio.run(yard.parking.park(1, order))
    assert asyncio.run(yard.told()) == []


def test_only_meters_that_are_there_and_only_once(yard: Yard) -> None:
    with pytest.raises(UnknownMeter):
        asyncio.run(yard.parking.park(9, REPAIR))
    asyncio.run(yard.parking.park(1, REPAIR))
    with pytest.raises(Conflict, match="parked already"):
        asyncio.run(yard.parking.park(1, REPAIR))
    with pytest.raises(Conflict, match="not parked"):
        asyncio.run(yard.parking.unpark(2, "bob"))


def test_parked_quarters_are_no_gaps_and_all_others_still_are(yard: Yard) -> None:
    start = NOON - timedelta(hours=2)
    asyncio.run(yard.store.append(to_batch(registers(yard.types, 1, [(start, "1.00")]))))

    def missing() -> list[tuple[int, int]]:
        found = asyncio.run(yard.gaps.of("active_energy_import", start, 1))
        return [((gap.start - start) // timedelta(minutes=15), gap.slots) for gap in found]

    assert missing() == [(1, 7)]
    since = start + timedelta(minutes=52)
    asyncio.run(yard.parking.park(1, ParkingOrder(ParkingReason.UNDER_REPAIR, "ann", since=since)))
    assert missing() == [(1, 2)], "the quarter in which it was parked is not due any more"
    asyncio.run(yard.parkings.end(1, start + timedelta(minutes=90), "ann"))
    assert missing() == [(1, 2), (6, 2)]


def test_the_fleet_counts_it_neither_as_installed_nor_as_read(yard: Yard) -> None:
    asyncio.run(yard.store.append(to_batch(registers(yard.types, 1, [(NOON, "1.00")]))))

    def overview(parkings: MemoryParkings | None) -> tuple[int, int, int]:
        fleet = ShowFleet(
            yard.registry, yard.store, zone=ZoneInfo("Asia/Shanghai"), clock=yard.clock, parkings=parkings
        )
        found = asyncio.run(fleet.overview())
        return found.read_today, found.installed, found.counts[MeterState.PARKED]

    asyncio.run(yard.parking.park(1, REPAIR))
    assert overview(yard.parkings) == (0, 1, 1)
    assert overview(None) == (1, 2, 0), "what the figures would be if it were counted"
