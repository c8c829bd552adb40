"""Random histories of appends, corrections, replays and restarts: each engine tells what the memory twin tells.

InfluxDB is the contract double: calm, with every first write of a step cut off after it was done, and in front of the
storage engine of Debian's InfluxDB 1.6. The histories are the same for all, so the engines agree with each other.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingBatch, StoredReading
from headend.ports import ReadingStore
from headend.stores.readings import DuckDbReadingStore
from headend.stores.readings.influxdb import InfluxDbReadingStore
from tests.fakes.batches import Row, at, batch, shipped_types
from tests.fakes.influxdb import DoubleInfluxDb, Fault
from tests.fakes.influxdb.stores import influxdb_store, settings_of
from tests.fakes.memory_stores import MemoryReadingStore

TYPES = shipped_types()
MARKS = st.sampled_from([(), (ReadingQuality.SPIKE,), (ReadingQuality.CLOCK_OFFSET,)])
# Few keys and few values, so that twins, corrections and withdrawals are common.
ROWS = st.builds(
    Row,
    slot=st.sampled_from([0, 1, 2, 3, 300]),
    value=st.integers(0, 2),
    meter=st.integers(1, 2),
    type_id=st.integers(1, 2),
    qualities=MARKS,
    delay=st.integers(0, 2),
)
BATCHES = st.lists(ROWS, max_size=8).map(lambda rows: batch(*rows))
REOPEN, CHECKPOINT, REPLAY = "reopen", "checkpoint", "replay"
Step = str | list[ReadingBatch]
APPENDS = st.lists(BATCHES, min_size=1, max_size=4)
STEPS = st.lists(APPENDS | st.sampled_from([REOPEN, CHECKPOINT, REPLAY]), max_size=9)
MANY = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SOME = settings(MANY, max_examples=8)
QUESTIONS = batch(*(Row(slot, meter=m, type_id=t) for slot in (-1, 0, 1, 2, 4, 999) for m in (1, 2) for t in (1, 2)))


def bare(readings: Sequence[StoredReading]) -> list[tuple[object, ...]]:
    """Everything but the numbers that each store gives by itself."""
    return [
        (r.installation_id, r.reading_type.id, r.measured_at, r.received_at, r.scaled, r.qualities, r.source)
        for r in readings
    ]


async def content(store: ReadingStore) -> list[object]:
    """All that can be asked of a store."""
    told: list[object] = []
    for meter in (1, 2):
        told += [bare(await store.series(meter, [1, 2], at(0), at(999))), bare(await store.latest(meter))]
        told += [bare(await store.history(meter, type_id, at(slot))) for type_id in (1, 2) for slot in (0, 1, 300)]
    edges = await store.edges([1, 2], at(2), 1_800)
    told.append({key: bare([reading]) for key, reading in edges.items()})
    told.append({key: slots.tolist() for key, slots in (await store.slots_present(1, at(0), 900, 301)).items()})
    told.append(await store.last_received(at(1)))
    previous = await store.previous(QUESTIONS)
    told.append([(time, value) for time, value in zip(previous.measured_at, previous.value, strict=True) if time != -1])
    return told


async def take(store: ReadingStore, batches: Sequence[ReadingBatch]) -> list[int]:
    """Append in order, but all at once."""
    return await asyncio.gather(*(store.append(rows) for rows in batches))


async def agree(
    steps: Sequence[Step], real: DuckDbReadingStore | InfluxDbReadingStore, before_append: Callable[[], object] = list
) -> None:
    twin = MemoryReadingStore(TYPES)
    history: list[ReadingBatch] = []
    await real.open()
    try:
        for step in steps:
            if step == REOPEN:
                await real.close()
                await real.open()
            elif step == CHECKPOINT:
                await real.checkpoint()
            else:
                appended = step if isinstance(step, list) else history
                before_append()
                assert await take(real, appended) == await take(twin, appended)
                history = [*history, *appended][-6:]
            assert await content(real) == await content(twin)
    finally:
        await real.close()


@MANY
@given(STEPS)
def test_any_history_reads_the_same_in_both(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(agree(steps, DuckDbReadingStore(Path(folder) / "readings.duckdb", TYPES)))


def in_new_bucket(double: DoubleInfluxDb) -> InfluxDbReadingStore:
    bucket = f"agree_{len(double.buckets)}"
    double.make_bucket(bucket)
    return influxdb_store(settings_of(double, bucket))


@MANY
@given(STEPS)
def test_any_history_reads_the_same_in_influxdb(double: DoubleInfluxDb, steps: list[Step]) -> None:
    asyncio.run(agree(steps, in_new_bucket(double)))


@SOME
@given(STEPS)
def test_any_history_reads_the_same_where_writes_are_cut_and_repeated(
    double: DoubleInfluxDb, steps: list[Step]
) -> None:
    def cut_the_next_write() -> None:
        double.faults.clear()
        double.faults.append(Fault(cut_after=True, only="/api/v2/write"))

    asyncio.run(agree(steps, in_new_bucket(double), cut_the_next_write))
    double.faults.clear()


@SOME
@given(STEPS)
def test_any_history_reads_the_same_in_a_real_storage_engine(engine: DoubleInfluxDb, steps: list[Step]) -> None:
    asyncio.run(agree(steps, in_new_bucket(engine)))


class KeepsTwins(MemoryReadingStore):
    """Counts a twin as something new."""

    async def append(self, rows: ReadingBatch) -> int:
        await super().append(rows)
        return len(rows)


class MissesCorrections(MemoryReadingStore):
    """Answers with the first version instead of the newest."""

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        newest = await super().latest(installation_id)
        return [(await self.history(installation_id, r.reading_type.id, r.measured_at))[0] for r in newest]


@pytest.mark.parametrize("broken", [KeepsTwins, MissesCorrections])
def test_the_comparison_notices_a_store_that_is_wrong(broken: type[MemoryReadingStore]) -> None:
    async def differs() -> bool:
        good, bad = MemoryReadingStore(TYPES), broken(TYPES)
        batches = [batch(Row(0, 1)), batch(Row(0, 1)), batch(Row(0, 2, delay=60))]
        counts = [await take(store, batches) for store in (good, bad)]
        return counts[0] != counts[1] or await content(good) != await content(bad)

    assert asyncio.run(differs())
