"""A full disk: a clear StoreUnavailable, nothing half done, all as before when there is room again."""

from __future__ import annotations

from pathlib import Path

import pytest

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.stores.readings import DuckDbReadingStore
from headend.stores.spool import Spool
from headend.stores.spooled_store import SpooledReadingStore
from headend.stores.state import SqlBillingLedger, StateDatabase, migrate
from tests.contract.crash.subjects import ROWS, bill, item, period
from tests.fakes.batches import Row, batch, shipped_types
from tests.fakes.full_disk import files_limited_to

pytestmark = pytest.mark.asyncio
ROOM = 150_000


async def append_until_full(store: DuckDbReadingStore | SpooledReadingStore) -> int:
    """The number of the first item that was refused."""
    for number in range(1, 1_000):
        try:
            await store.append(item(number))
        except StoreUnavailable as error:
            assert "the disk is full" in str(error) or "File too large" in str(error)
            assert error.__cause__ is not None
            return number
    raise AssertionError("the disk never got full")


async def whole_items(store: DuckDbReadingStore, numbers: range) -> list[int]:
    return [number for number in numbers if len(await store.latest(number)) == ROWS]


async def test_readings_are_refused_whole_and_taken_again_when_there_is_room(tmp_path: Path) -> None:
    store = DuckDbReadingStore(tmp_path / "readings.duckdb", shipped_types())
    await store.open()
    with files_limited_to(ROOM):
        refused = await append_until_full(store)
        assert refused > 10
        with pytest.raises(StoreUnavailable):
            await store.append(item(refused))
        assert await whole_items(store, range(1, refused + 2)) == list(range(1, refused))
        assert (await store.previous(batch(Row(999, meter=1)))).value[0] == 1
    assert await store.append(item(refused)) == ROWS
    await store.close()
    await store.open()
    assert await whole_items(store, range(1, refused + 2)) == list(range(1, refused + 1))
    await store.close()


async def test_a_spool_that_cannot_grow_refuses_whole_and_goes_on_later(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.open()
    number = 0
    with files_limited_to(ROOM), pytest.raises(StoreUnavailable, match="File too large"):
        for number in range(1, 1_000):
            spool.append(item(number))
    spool.append(item(number))
    assert [int(rows.installation[0]) for _, rows in spool.replay()] == list(range(1, number + 1))
    again = Spool(tmp_path)
    assert again.open() == 0
    assert len(list(again.replay())) == number


async def test_readings_wait_in_the_spool_until_the_store_has_room(tmp_path: Path) -> None:
    heard: list[EventKind] = []

    async def hear(kind: EventKind, detail: str) -> None:
        heard.append(kind)

    store = DuckDbReadingStore(tmp_path / "readings.duckdb", shipped_types())
    await store.open()
    spooled = SpooledReadingStore(store, Spool(tmp_path / "spool"), hear)
    await spooled.open()
    with files_limited_to(ROOM):
        refused = await append_until_full(spooled)  # both files are at the limit then
        assert not await spooled.drain()
    assert await spooled.drain()
    await spooled.append(item(refused))
    assert await whole_items(store, range(1, refused + 2)) == list(range(1, refused + 1))
    assert heard == [EventKind.STORE_DOWN, EventKind.STORE_UP]
    await spooled.close()
    await store.close()


async def test_a_billing_batch_is_frozen_whole_or_not_at_all(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    migrate(url)
    database = StateDatabase(url)
    await database.open()
    ledger = SqlBillingLedger(database)
    closed = 0
    with files_limited_to(ROOM), pytest.raises(StoreUnavailable, match="disk"):
        for closed in range(1_000):
            await ledger.close(period(closed), period(closed).end, *bill(closed))
    assert [batch.period for batch in await ledger.batches()] == [f"P{n}" for n in reversed(range(closed))]
    await ledger.close(period(closed), period(closed).end, *bill(closed))
    assert len(await ledger.batches()) == closed + 1
    await database.close()
