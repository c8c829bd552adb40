"""What every ReadingStore promises, run over the memory twin, DuckDB, DuckDB behind the spool, and InfluxDB.

InfluxDB is twice the contract double in front of memory and in front of the storage engine of Debian's InfluxDB 1.6,
and with `HEADEND_INFLUXDB_URL` (`make test-influxdb`) a server of yours alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame, ReadingSource, StoredReading
from headend.ports import ReadingStore
from headend.stores.readings import DuckDbReadingStore
from headend.stores.readings.influxdb import InfluxDbReadingStore, InfluxDbSettings
from headend.stores.spool import Spool
from headend.stores.spooled_store import SpooledReadingStore
from tests.fakes.batches import START_US, Row, at, batch, shipped_types
from tests.fakes.influxdb import yours
from tests.fakes.influxdb.stores import influxdb_store
from tests.fakes.memory_stores import MemoryReadingStore

pytestmark = pytest.mark.asyncio
TYPES = shipped_types()
NOBODY = InfluxDbSettings("http://127.0.0.1:1", "org", "bucket", "token", attempts=1)
CONFLICTING = ReadingQuality.CONFLICTING
Told = tuple[int, int, tuple[ReadingQuality, ...]]
FRAME = RawFrame(b"\x68request\x00\x16", b"\x68reply\xff\x16")


async def unheard(kind: EventKind, detail: str) -> None:
    raise AssertionError(f"{kind}: {detail}")


STORES = ["influxdb of yours"] if yours.url else ["memory", "duckdb", "spooled", "influxdb double", "influxdb engine"]


@pytest_asyncio.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReadingStore]:
    if request.param == "memory":
        yield MemoryReadingStore(TYPES)
        return
    if request.param.startswith("influxdb"):
        async with request.getfixturevalue(request.param.replace(" ", "_"))() as influxdb:
            yield influxdb
        return
    duckdb = DuckDbReadingStore(tmp_path / "readings.duckdb", TYPES)
    await duckdb.open()
    if request.param == "duckdb":
        yield duckdb
    else:
        spooled = SpooledReadingStore(duckdb, Spool(tmp_path / "spool"), unheard)
        await spooled.open()
        yield spooled
        await spooled.close()
    await duckdb.close()


def told(readings: Sequence[StoredReading]) -> list[Told]:
    return [(r.reading_type.id, r.scaled, r.qualities) for r in readings]


async def all_of(store: ReadingStore, meter: int = 1) -> list[Told]:
    return told(await store.series(meter, range(1, 51), at(-9_999), at(9_999)))


async def previous_of(store: ReadingStore, *rows: Row) -> list[tuple[int, int] | None]:
    found = await store.previous(batch(*rows))
    pairs = zip(found.measured_at.tolist(), found.value.tolist(), strict=True)
    return [None if time == -1 else ((time - START_US) // 900_000_000, value) for time, value in pairs]


class TestAppend:
    """What goes in comes out."""

    async def test_a_reading_comes_back_with_everything_it_had(self, store: ReadingStore) -> None:
        row = Row(3, 1_234_567, 7, 4, (ReadingQuality.CLOCK_OFFSET,), 9, ReadingSource.LOAD_PROFILE, FRAME)
        assert await store.append(batch(row)) == 1
        [found] = await store.series(7, [4], at(3), at(4))
        assert (found.installation_id, found.reading_type.name) == (7, "active_energy_import_t3")
        assert (found.measured_at, found.received_at) == (at(3), at(3 + 9 / 900))
        assert (found.text, found.qualities) == ("123.4567", (ReadingQuality.CLOCK_OFFSET,))
        assert found.source is ReadingSource.LOAD_PROFILE
        assert found.frame_id is not None
        assert await store.frame(found.frame_id) == FRAME

    async def test_an_empty_batch_adds_nothing(self, store: ReadingStore) -> None:
        assert await store.append(batch()) == 0
        assert await all_of(store) == []

    @pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**53 + 1, -1])
    async def test_values_are_exact_over_the_whole_range(self, store: ReadingStore, value: int) -> None:
        await store.append(batch(Row(value=value)))
        assert await all_of(store) == [(1, value, ())]

    async def test_frames_stay_with_their_readings_across_batches(self, store: ReadingStore) -> None:
        other = RawFrame(b"ask", b"")
        await store.append(batch(Row(0, 1, frame=FRAME), Row(1, 2), Row(2, 3, frame=other)))
        await store.append(batch(Row(3, 4, frame=other), Row(4, 5, frame=FRAME)))
        found = await store.series(1, [1], at(0), at(5))
        frames = [None if r.frame_id is None else await store.frame(r.frame_id) for r in found]
        assert frames == [FRAME, None, other, other, FRAME]
        assert await store.frame(10_000) is None


class TestTwins:
    """The same reading delivered again."""

    async def test_the_same_batch_again_adds_nothing(self, store: ReadingStore) -> None:
        rows = batch(Row(0, 1), Row(1, 2), Row(0, 9, type_id=2))
        assert [await store.append(rows), await store.append(rows)] == [3, 0]
        assert len(await all_of(store)) == 3

    async def test_only_value_and_marks_make_a_change(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1)))
        again = Row(0, 1, delay=800, source=ReadingSource.ON_DEMAND, frame=FRAME)
        assert await store.append(batch(again)) == 0
        assert len(await store.history(1, 1, at(0))) == 1

    async def test_twins_inside_one_batch_are_one(self, store: ReadingStore) -> None:
        assert await store.append(batch(Row(0, 1), Row(0, 1), Row(1, 1), Row(0, 1, delay=6))) == 2

    async def test_twins_in_appends_at_the_same_time_are_one(self, store: ReadingStore) -> None:
        added = await asyncio.gather(*(store.append(batch(Row(n % 3, 1), Row(n, 2, type_id=2))) for n in range(60)))
        assert sum(added) == 63
        assert len(await all_of(store)) == 63

    async def test_each_of_many_concurrent_callers_hears_its_own_count(self, store: ReadingStore) -> None:
        await store.append(batch(Row(5, 1)))
        added = await asyncio.gather(*(store.append(batch(Row(n, 1), Row(n, 1, type_id=2))) for n in range(10)))
        assert added == [2, 2, 2, 2, 2, 1, 2, 2, 2, 2]


class TestVersions:
    """The same key with something else."""

    async def test_another_value_is_a_new_version_marked_conflicting(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 10)))
        assert await store.append(batch(Row(0, 11, delay=60))) == 1
        assert await all_of(store) == [(1, 11, (CONFLICTING,))]
        first, second = await store.history(1, 1, at(0))
        assert told([first, second]) == [(1, 10, ()), (1, 11, (CONFLICTING,))]
        assert first.version < second.version

    async def test_other_marks_are_a_new_version_and_no_conflict(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 10)))
        assert await store.append(batch(Row(0, 10, qualities=(ReadingQuality.SPIKE,)))) == 1
        assert await all_of(store) == [(1, 10, (ReadingQuality.SPIKE,))]

    async def test_reading_a_conflicting_value_again_adds_nothing(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 10)))
        await store.append(batch(Row(0, 11, delay=60)))
        assert await store.append(batch(Row(0, 11, delay=90))) == 0

    async def test_a_replay_of_what_was_corrected_since_changes_nothing(self, store: ReadingStore) -> None:
        old, new = batch(Row(0, 10)), batch(Row(0, 11, delay=60))
        await store.append(old)
        await store.append(new)
        assert [await store.append(old), await store.append(new)] == [0, 0]
        assert await all_of(store) == [(1, 11, (CONFLICTING,))]

    async def test_a_value_that_changes_back_later_counts(self, store: ReadingStore) -> None:
        for delay, value in enumerate((10, 11, 10)):
            assert await store.append(batch(Row(0, value, delay=delay))) == 1
        assert await all_of(store) == [(1, 10, (CONFLICTING,))]

    async def test_versions_inside_one_batch_go_in_its_order(self, store: ReadingStore) -> None:
        rows = [Row(0, 10), Row(1, 7), Row(0, 11), Row(0, 11), Row(0, 12)]
        assert await store.append(batch(*rows)) == 4
        assert told(await store.history(1, 1, at(0))) == [
            (1, 10, ()),
            (1, 11, (CONFLICTING,)),
            (1, 12, (CONFLICTING,)),
        ]
        assert await all_of(store) == [(1, 12, (CONFLICTING,)), (1, 7, ())]

    async def test_history_of_nothing_is_empty(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 10)))
        assert list(await store.history(1, 1, at(1))) == []


class TestSeries:
    """One meter over time."""

    async def test_ordered_by_type_and_time_from_start_up_to_end(self, store: ReadingStore) -> None:
        rows = [Row(slot, 10 * type_id + slot, type_id=type_id) for slot in (3, 0, 2, 1) for type_id in (2, 1)]
        await store.append(batch(*rows, Row(1, 99, meter=2), Row(1, 98, type_id=3)))
        found = await store.series(1, [1, 2], at(1), at(3))
        assert [r.scaled for r in found] == [11, 12, 21, 22]

    async def test_no_type_asked_gives_none(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1)))
        assert list(await store.series(1, [], at(0), at(1))) == []


class TestPrevious:
    """What a new reading is compared with."""

    async def test_strictly_before_and_of_the_same_key(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1), Row(4, 5), Row(3, 77, meter=2), Row(3, 88, type_id=2)))
        asked = [Row(9), Row(4), Row(2), Row(0), Row(-1), Row(9, meter=2), Row(9, type_id=2), Row(9, meter=3)]
        assert await previous_of(store, *asked) == [(4, 5), (0, 1), (0, 1), None, None, (3, 77), (3, 88), None]

    async def test_an_empty_batch_asks_nothing(self, store: ReadingStore) -> None:
        assert await previous_of(store) == []

    async def test_readings_that_failed_validation_are_passed_over(self, store: ReadingStore) -> None:
        bad = (ReadingQuality.SPIKE,)
        await store.append(batch(Row(0, 1), Row(1, 999, qualities=bad), Row(0, 9, type_id=2, qualities=bad)))
        assert await previous_of(store, Row(2), Row(1), Row(5, type_id=2)) == [(0, 1), (0, 1), None]

    async def test_a_warning_does_not_disqualify(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1, qualities=(ReadingQuality.CLOCK_OFFSET,))))
        assert await previous_of(store, Row(1)) == [(0, 1)]

    async def test_the_newest_version_counts(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1), Row(1, 2)))
        await store.append(batch(Row(1, 3, delay=60)))
        assert await previous_of(store, Row(2)) == [(1, 3)]

    async def test_a_withdrawn_newest_reading_gives_way_to_the_one_before(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1), Row(1, 2)))
        await store.append(batch(Row(1, 2, qualities=(ReadingQuality.SPIKE,))))
        assert await previous_of(store, Row(2), Row(1)) == [(0, 1), (0, 1)]
        await store.append(batch(Row(3, 4)))
        assert await previous_of(store, Row(4), Row(2)) == [(3, 4), (0, 1)]

    async def test_a_withdrawn_reading_that_is_confirmed_counts_again(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1), Row(1, 2)))
        await store.append(batch(Row(1, 2, qualities=(ReadingQuality.SPIKE,))))
        await store.append(batch(Row(1, 2, delay=70)))
        assert await previous_of(store, Row(2)) == [(1, 2)]

    async def test_found_at_any_distance(self, store: ReadingStore) -> None:
        await store.append(batch(Row(-9_000, 1), Row(9_000, 2), Row(0, 3, type_id=2)))
        assert await previous_of(store, Row(8_000), Row(9_000)) == [(-9_000, 1), (-9_000, 1)]


class TestLatest:
    """A meter's page."""

    async def test_the_newest_of_each_type_in_its_newest_version(self, store: ReadingStore) -> None:
        await store.append(batch(Row(5, 5), Row(2, 2), Row(1, 21, type_id=2), Row(9, 9, meter=2)))
        await store.append(batch(Row(5, 6, delay=60), Row(4, 4)))
        assert told(await store.latest(1)) == [(1, 6, (CONFLICTING,)), (2, 21, ())]

    async def test_a_suspect_reading_is_the_newest_too(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1), Row(1, 2, qualities=(ReadingQuality.SPIKE,))))
        assert told(await store.latest(1)) == [(1, 2, (ReadingQuality.SPIKE,))]

    async def test_a_meter_nobody_heard_has_none(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1)))
        assert list(await store.latest(2)) == []


class TestEdges:
    """The billing cut."""

    async def test_the_nearest_within_tolerance_and_the_earlier_of_two(self, store: ReadingStore) -> None:
        await store.append(
            batch(Row(9, 1), Row(11, 2), Row(9, 3, meter=2), Row(10.5, 4, meter=2), Row(10, 5, type_id=2))
        )
        await store.append(batch(Row(12, 6, meter=3), Row(10, 7, type_id=3)))
        found = await store.edges([1, 2], at(10), 900)
        assert {key: r.scaled for key, r in found.items()} == {(1, 1): 1, (2, 1): 4, (1, 2): 5}

    async def test_the_tolerance_includes_its_bounds_and_nothing_more(self, store: ReadingStore) -> None:
        await store.append(batch(Row(9, 1), Row(11, 2, meter=2)))
        assert len(await store.edges([1], at(10), 900)) == 2
        assert len(await store.edges([1], at(10), 899.999)) == 0

    async def test_the_newest_version_counts(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1)))
        await store.append(batch(Row(0, 2, delay=60)))
        found = await store.edges([1], at(0), 0)
        assert found[1, 1].scaled == 2


class TestSlots:
    """What gaps are found with."""

    async def test_sorted_slots_with_a_reading_of_that_type(self, store: ReadingStore) -> None:
        await store.append(batch(Row(3, 1), Row(1, 1), Row(1.5, 1), Row(8, 1), Row(-0.1, 1), Row(2, 1, type_id=2)))
        await store.append(batch(Row(1, 2, delay=60), Row(0, 1, meter=2)))
        found = await store.slots_present(1, at(0), 900, 8)
        assert {meter: slots.tolist() for meter, slots in found.items()} == {1: [1, 3], 2: [0]}

    async def test_nothing_there_gives_nothing(self, store: ReadingStore) -> None:
        assert await store.slots_present(1, at(0), 900, 8) == {}


class TestLastReceived:
    """Who is silent."""

    async def test_when_each_meter_was_last_heard_if_since_then(self, store: ReadingStore) -> None:
        await store.append(batch(Row(0, 1), Row(4, 1), Row(3, 1, meter=2), Row(5, 1, meter=3), Row(6, 1, type_id=2)))
        second = 1 / 900
        assert await store.last_received(at(5 + 5 * second)) == {1: at(6 + 5 * second), 3: at(5 + 5 * second)}
        assert await store.last_received(at(7)) == {}

    async def test_nobody_heard(self, store: ReadingStore) -> None:
        assert await store.last_received(at(0)) == {}


async def down(request: str, tmp_path: Path) -> ReadingStore:
    if request == "memory":
        memory = MemoryReadingStore(TYPES)
        memory.is_down = True
        return memory
    store: DuckDbReadingStore | InfluxDbReadingStore = DuckDbReadingStore(tmp_path / "readings.duckdb", TYPES)
    if "influxdb" in request:
        store = influxdb_store(NOBODY)
    if request != "never opened":
        await store.open()
    if "closed" in request:
        await store.close()
    return store


@pytest.mark.parametrize("kind", ["memory", "closed", "never opened", "influxdb", "influxdb closed"])
async def test_a_store_that_is_away_says_so_to_every_question(kind: str, tmp_path: Path) -> None:
    store = await down(kind, tmp_path)
    for question in (
        store.append(batch(Row())),
        store.previous(batch(Row())),
        store.series(1, [1], at(0), at(1)),
        store.history(1, 1, at(0)),
        store.latest(1),
        store.edges([1], at(0), 1),
        store.slots_present(1, at(0), 900, 1),
        store.last_received(at(0)),
        store.frame(1),
    ):
        with pytest.raises(StoreUnavailable):
            await question
