"""A long history on a server of yours (`make test-influxdb`) and the care taken of its bucket; else on the double."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from tests.contract.test_reading_stores_agree import CHECKPOINT, REOPEN, REPLAY, Step, agree
from tests.fakes.batches import Row, batch
from tests.fakes.influxdb import DoubleInfluxDb, yours
from tests.fakes.influxdb.stores import InfluxDbSettings, influxdb_store, opened, settings_of
from tests.fakes.influxdb.yours import BucketInUse, emptied, your_settings

BUCKETS = count(1)
TWO, CORRECTED = batch(Row(0, 1), Row(300, 2)), batch(Row(0, 2, delay=1), Row(0, 2, meter=2, type_id=2))
HISTORY: list[Step] = [[TWO, CORRECTED], REPLAY, REOPEN, [TWO, CORRECTED, TWO], CHECKPOINT, REOPEN, REPLAY]


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> InfluxDbSettings:
    if yours.url:
        return your_settings()
    double: DoubleInfluxDb = request.getfixturevalue("double")
    bucket = f"yours_{next(BUCKETS)}"
    double.make_bucket(bucket)
    return settings_of(double, bucket)


def test_a_long_history_with_restarts_reads_as_in_memory(settings: InfluxDbSettings) -> None:
    async def run() -> None:
        async with emptied(settings):
            await agree(HISTORY, influxdb_store(settings))

    asyncio.run(run())


@pytest.mark.asyncio
async def test_a_bucket_with_readings_is_left_alone(settings: InfluxDbSettings) -> None:
    async with emptied(settings), opened(settings) as store:
        await store.append(TWO)
        with pytest.raises(BucketInUse):
            async with emptied(settings):
                raise AssertionError("it was taken for empty")
        assert len(await store.latest(1)) == 1


@pytest.mark.asyncio
async def test_a_bucket_is_left_as_empty_as_it_was(settings: InfluxDbSettings) -> None:
    for _ in range(2):
        async with emptied(settings), opened(settings) as store:
            assert await store.append(TWO) == 2
