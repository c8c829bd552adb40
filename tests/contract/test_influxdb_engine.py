"""What our data model asks of InfluxDB's storage, shown on a real one (Debian's 1.6 behind the double's v2 face)."""

from __future__ import annotations

from itertools import count

import pytest

from headend.domain.readings import RawFrame
from headend.stores.readings.influxdb import InfluxDbReadingStore
from tests.fakes.batches import Row, at, batch
from tests.fakes.influxdb import DoubleInfluxDb
from tests.fakes.influxdb.flux import question
from tests.fakes.influxdb.points import PartialWrite
from tests.fakes.influxdb.stores import RememberedRefusals, influxdb_store, settings_of

BUCKETS = count(1)
AT = 1_790_000_000_000_000_000


def bucket_in(engine: DoubleInfluxDb) -> str:
    name = f"engine_{next(BUCKETS)}"
    engine.make_bucket(name)
    return name


async def opened(engine: DoubleInfluxDb, bucket: str, refused: RememberedRefusals) -> InfluxDbReadingStore:
    store = influxdb_store(settings_of(engine, bucket), refused)
    await store.open()
    return store


@pytest.mark.asyncio
async def test_a_thousand_versions_are_a_thousand_points_of_one_series(engine: DoubleInfluxDb) -> None:
    store = await opened(engine, bucket_in(engine), RememberedRefusals())
    assert await store.append(batch(*(Row(0, value) for value in range(1_000)))) == 1_000
    assert [r.scaled for r in await store.history(1, 1, at(0))] == list(range(1_000))
    assert [r.version for r in await store.latest(1)] == [1_000]
    await store.close()


@pytest.mark.asyncio
async def test_the_longest_frame_that_we_send_is_kept_whole(engine: DoubleInfluxDb) -> None:
    frame = RawFrame(bytes(range(256)) * 187, b"\xff" * 48_000)
    store = await opened(engine, bucket_in(engine), RememberedRefusals())
    await store.append(batch(Row(0, 1, frame=frame)))
    [reading] = await store.latest(1)
    assert reading.frame_id is not None and await store.frame(reading.frame_id) == frame
    await store.close()


@pytest.mark.asyncio
async def test_the_readings_that_the_engine_refuses_are_found_and_kept(engine: DoubleInfluxDb) -> None:
    bucket, refused = bucket_in(engine), RememberedRefusals()
    engine.buckets[bucket].write(b'reading,installation=2,type=1 quality="good" %d' % AT)  # a type holds for a week
    store = await opened(engine, bucket, refused)
    a_month_on = 30 * 96
    assert await store.append(batch(Row(1, 1), Row(2, 2), Row(a_month_on, 3))) == 1
    [(rows, reason)] = refused.kept
    assert rows.value.tolist() == [1, 2]
    assert "field type conflict" in reason and "dropped=1" in reason
    await store.close()


def test_a_partial_write_stores_the_rest(engine: DoubleInfluxDb) -> None:
    points = engine.buckets[bucket_in(engine)]
    points.write(b"m,a=1 value=1i %d" % AT)
    with pytest.raises(PartialWrite, match=r"field type conflict.*dropped=1"):
        points.write(b"m,a=1 value=2.5 %d\nm,a=1 value=3i %d" % (AT + 1, AT + 2))
    text = (
        'from(bucket: "b")\n  |> range(start: 2026-09-21T00:00:00.000000000Z, stop: 2026-09-22T00:00:00.000000000Z)\n'
    )
    text += '  |> filter(fn: (r) => r._measurement == "m")\n  |> keep(columns: ["_value"])'
    assert [row["_value"] for row in points.ask(question(text, {}))] == ["1", "3"]
