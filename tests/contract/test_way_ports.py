"""What the books of ways and of field readings promise, over the memory twins, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio

from headend.domain.errors import Conflict, UnknownImport, UnknownMeter, UnknownWay
from headend.domain.field_readings import FieldReading, ReadingFile
from headend.domain.metering import Line, Protocol
from headend.domain.readings import ReadingSource
from headend.domain.ways import Way, WayChoice, WayHealth, WayReason
from headend.ports import FieldReadingBook, MeterRegistry, WayBook
from headend.stores.state import SqlFieldReadingBook, SqlMeterRegistry, SqlWayBook, StateDatabase
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.memory_ways import MemoryFieldReadingBook, MemoryWayBook
from tests.fakes.meters import registration

pytestmark = pytest.mark.asyncio
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = Way(1, 2, Protocol.GDW1376, "gdw1376-2009", "1", Line(0, "gdw1376://:8900"), JUNE, added_by="li")
READ = FieldReading(
    1, "active_energy_import", JUNE, Decimal("5120.40"), ReadingSource.HAND_HELD, "Wang", "IMG-1", "dusty"
)
FILE = ReadingFile("ab" * 32, "walk.csv", b"\xef\xbb\xbfa,b\n", "li", JUNE, 1)


@dataclass(frozen=True, slots=True)
class State:
    """The ports of one state store, with two registered meters."""

    registry: MeterRegistry
    ways: WayBook
    readings: FieldReadingBook


@pytest_asyncio.fixture
async def state(state_database: StateDatabase | None) -> State:
    state = memory() if state_database is None else sql(state_database)
    await state.registry.register([registration(1), registration(2)])
    return state


def memory() -> State:
    registry = MemoryMeterRegistry()
    return State(registry, MemoryWayBook(registry), MemoryFieldReadingBook())


def sql(database: StateDatabase) -> State:
    return State(SqlMeterRegistry(database), SqlWayBook(database), SqlFieldReadingBook(database))


class TestWays:
    """The book of ways."""

    async def test_come_back_as_they_went_in_with_a_line(self, state: State) -> None:
        [added] = await state.ways.add([SECOND])
        assert added.id > 0
        assert added.line.id > 0
        assert replace(added, id=0, line=SECOND.line) == SECOND
        assert await state.ways.of(1) == [added]
        assert await state.ways.open_at(JUNE) == [added]
        assert await state.ways.of(2) == []

    async def test_a_rank_is_taken_while_its_way_holds(self, state: State) -> None:
        [first] = await state.ways.add([SECOND])
        with pytest.raises(Conflict, match="rank 2"):
            await state.ways.add([replace(SECOND, server_address="7", valid_from=JUNE + DAY)])
        await state.ways.end(first.id, JUNE + DAY)
        [after] = await state.ways.add([replace(SECOND, valid_from=JUNE + DAY)])
        assert [way.valid_to for way in await state.ways.of(1)] == [JUNE + DAY, None]
        assert await state.ways.open_at(JUNE + DAY) == [after]

    async def test_an_address_leads_to_one_meter(self, state: State) -> None:
        await state.ways.add([SECOND])
        with pytest.raises(Conflict):
            await state.ways.add([replace(SECOND, installation_id=2)])
        own = replace(SECOND, rank=3, server_address="000000000002", line=Line(0, "tcp://10.0.0.2:8899"))
        with pytest.raises(Conflict, match="own line of meter 2"):
            await state.ways.add([own])

    async def test_all_or_none_are_added(self, state: State) -> None:
        with pytest.raises(UnknownMeter):
            await state.ways.add([SECOND, replace(SECOND, installation_id=9, server_address="9")])
        assert await state.ways.of(1) == []

    async def test_ends_once_and_after_it_began(self, state: State) -> None:
        [way] = await state.ways.add([SECOND])
        with pytest.raises(Conflict):
            await state.ways.end(way.id, JUNE)
        await state.ways.end(way.id, JUNE + DAY)
        with pytest.raises(Conflict):
            await state.ways.end(way.id, JUNE + 2 * DAY)
        with pytest.raises(UnknownWay):
            await state.ways.end(99, JUNE + DAY)

    async def test_the_choice_is_kept_without_its_health(self, state: State) -> None:
        choice = WayChoice(2, JUNE, WayReason.FAILED_OVER, "no answer", {1: WayHealth(is_dead=True)})
        await state.ways.choose(1, WayChoice(1, None, WayReason.NONE_ANSWERS))
        await state.ways.choose(1, choice)
        assert await state.ways.choices() == {1: replace(choice, health={})}


class TestFieldReadings:
    """The book of what people read."""

    async def test_come_back_with_their_file(self, state: State) -> None:
        import_id = await state.readings.keep([READ], FILE)
        assert import_id is not None
        assert replace(await state.readings.file(import_id), id=0) == FILE
        assert await state.readings.file_with(FILE.sha256) == await state.readings.file(import_id)
        assert await state.readings.file_with("cd" * 32) is None
        [kept] = await state.readings.known([1, 2])
        assert replace(kept, id=0) == replace(READ, import_id=import_id)
        assert str(kept.value) == "5120.40"

    async def test_the_same_file_comes_in_once(self, state: State) -> None:
        await state.readings.keep([READ], FILE)
        with pytest.raises(Conflict, match="import 1"):
            await state.readings.keep([replace(READ, read_at=JUNE + DAY)], FILE)
        assert len(await state.readings.known([1])) == 1

    async def test_a_double_names_where_it_is_from_and_nothing_is_kept(self, state: State) -> None:
        await state.readings.keep([READ], FILE)
        fresh = replace(READ, read_at=JUNE + DAY)
        with pytest.raises(Conflict, match="import 1"):
            await state.readings.keep([fresh, replace(READ, value=Decimal(1))], replace(FILE, sha256="cd" * 32))
        assert len(await state.readings.known([1])) == 1
        assert await state.readings.file_with("cd" * 32) is None

    async def test_a_double_within_one_file_is_refused_as_well(self, state: State) -> None:
        with pytest.raises(Conflict, match="import 1"):
            await state.readings.keep([READ, replace(READ, installation_id=2), READ], FILE)
        assert await state.readings.known([1, 2]) == []

    async def test_many_readings_of_many_meters_come_in_at_once(self, state: State) -> None:
        readings = [replace(READ, read_at=JUNE + hour * DAY) for hour in range(1200)]
        await state.readings.keep([replace(one, installation_id=number) for one in readings for number in (1, 2)], FILE)
        assert [one.read_at for one in await state.readings.known([2])] == [one.read_at for one in readings]

    async def test_an_entry_has_no_file_and_the_newest_come_first(self, state: State) -> None:
        typed = replace(READ, source=ReadingSource.MANUAL, reason="line cut", entered_by="li", entered_at=JUNE)
        assert await state.readings.keep([typed]) is None
        await state.readings.keep([replace(typed, read_at=JUNE + DAY)])
        assert [one.read_at for one in await state.readings.newest(1, 5)] == [JUNE + DAY, JUNE]
        assert len(await state.readings.newest(1, 1)) == 1
        with pytest.raises(UnknownImport):
            await state.readings.file(7)
