"""What only the DuckDB store promises: group commit, answers from memory, a quick start, orderly closing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import duckdb
import pytest
import pytest_asyncio

from headend.domain.errors import StoreUnavailable
from headend.stores.readings import DuckDbReadingStore, DuckDbSettings
from tests.fakes.batches import Row, at, batch, shipped_types

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[DuckDbReadingStore]:
    store = DuckDbReadingStore(tmp_path / "readings.duckdb", shipped_types())
    await store.open()
    yield store
    await store.close()


async def test_a_thousand_sessions_at_once_are_all_stored(store: DuckDbReadingStore) -> None:
    sessions = (batch(*(Row(0, n, meter, n + 1) for n in range(15))) for meter in range(1, 1_001))
    assert await asyncio.gather(*(store.append(rows) for rows in sessions)) == [15] * 1_000
    assert len(await store.last_received(at(0))) == 1_000
    assert len(await store.edges([1], at(0), 0)) == 1_000


async def test_a_caller_that_gives_up_stops_nobody(store: DuckDbReadingStore) -> None:
    appends = [asyncio.create_task(store.append(batch(Row(n, n)))) for n in range(20)]
    await asyncio.sleep(0)
    for given_up in appends[::3]:
        given_up.cancel()
    results = await asyncio.gather(*appends, return_exceptions=True)
    assert [r for r in results if not isinstance(r, asyncio.CancelledError)] == [1] * 13
    assert await store.append(batch(Row(100, 1))) == 1


async def test_closing_finishes_what_was_accepted_and_refuses_the_rest(store: DuckDbReadingStore) -> None:
    accepted = [asyncio.create_task(store.append(batch(Row(n, n)))) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*accepted) == [1] * 50
    with pytest.raises(StoreUnavailable):
        await store.append(batch(Row(99, 1)))
    await store.open()
    assert len(await store.series(1, [1], at(0), at(99))) == 50


async def test_a_restart_reads_only_what_came_after_the_last_checkpoint(store: DuckDbReadingStore) -> None:
    await store.append(batch(Row(0, 1), Row(0, 2, meter=2)))
    await store.checkpoint()
    await store.append(batch(Row(1, 3)))
    await store.close()
    with duckdb.connect(str(store_path(store))) as connection:
        saved = connection.execute("select installation, newest_at from newest order by all").fetchall()
        connection.execute("delete from reading where installation = 2")  # as retention would, with the save kept
    assert len(saved) == 2
    await store.open()
    assert (await store.previous(batch(Row(9), Row(9, meter=2)))).value.tolist() == [3, 2]


async def test_the_newest_columns_are_saved_unasked_now_and_then(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    store = DuckDbReadingStore(path, shipped_types(), DuckDbSettings(save_every=3))
    await store.open()
    saved = []
    for slot in range(6):
        await store.append(batch(Row(slot, slot)))
        with duckdb.connect(str(path), config={"memory_limit": "1GB", "threads": 2}) as same_process:
            query = "select value from store_fact where name = 'newest_version'"
            saved += [value for (value,) in same_process.execute(query).fetchall()]
    await store.close()
    assert saved[1] == 0 and saved[4] == 3


async def test_checkpoints_and_queries_do_not_disturb_each_other(store: DuckDbReadingStore) -> None:
    async def ask() -> None:
        for slot in range(1, 40):
            assert len(await store.series(1, [1], at(0), at(slot))) <= slot

    async def append() -> None:
        for slot in range(40):
            await store.append(batch(Row(slot, slot)))
            await store.checkpoint()

    await asyncio.gather(ask(), append(), ask())
    assert len(await store.series(1, [1], at(0), at(99))) == 40


async def test_versions_go_on_after_a_restart(store: DuckDbReadingStore) -> None:
    await store.append(batch(Row(0, 1)))
    await store.close()
    await store.open()
    await store.append(batch(Row(0, 2, delay=60)))
    first, second = await store.history(1, 1, at(0))
    assert second.version > first.version


async def test_many_versions_of_one_key_in_one_batch(store: DuckDbReadingStore) -> None:
    assert await store.append(batch(*(Row(0, n % 7, delay=n) for n in range(200)))) == 200
    [newest] = await store.latest(1)
    assert newest.scaled == 199 % 7


async def test_queries_do_not_wait_for_a_long_append(store: DuckDbReadingStore) -> None:
    await store.append(batch(Row(0, 1)))
    slow = asyncio.create_task(store.append(batch(*(Row(1, n % 7, delay=n) for n in range(300)))))
    await asyncio.sleep(0)
    assert [r.scaled for r in await store.series(1, [1], at(0), at(1))] == [1]
    assert not slow.done()
    await slow


def store_path(store: DuckDbReadingStore) -> Path:
    return store._database.path
