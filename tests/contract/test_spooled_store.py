"""The store behind the spool: loss, waiting, return, restart; events once; order kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.domain.readings import ReadingBatch
from headend.stores.spool import Spool, SpoolFull, SpoolSettings
from headend.stores.spooled_store import SpooledReadingStore
from tests.fakes.batches import Row, at, batch, shipped_types
from tests.fakes.memory_stores import MemoryReadingStore

pytestmark = pytest.mark.asyncio


class Site:
    """A memory store behind a real spool, and what the event log would hear."""

    def __init__(self, folder: Path, limit: int = 1 << 20) -> None:
        self.heard: list[EventKind] = []
        self.store = MemoryReadingStore(shipped_types())
        self.folder, self.limit = folder, limit
        self.spooled = self.restarted()

    def restarted(self) -> SpooledReadingStore:
        """The same store and spool in a new life."""
        return SpooledReadingStore(self.store, Spool(self.folder, SpoolSettings(4_096, self.limit)), self.hear)

    async def hear(self, kind: EventKind, detail: str) -> None:
        self.heard.append(kind)

    async def values(self) -> list[int]:
        return [r.scaled for r in await self.store.series(1, [1], at(0), at(999))]


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path / "spool")
    await site.spooled.open()
    yield site
    await site.spooled.close()


async def test_nothing_is_spooled_while_the_store_is_there(site: Site) -> None:
    assert await site.spooled.append(batch(Row(0, 1))) == 1
    assert not site.spooled.is_spooling
    assert not list(site.folder.iterdir())
    assert await site.spooled.drain()
    assert site.heard == []


async def test_readings_wait_and_are_put_back_when_the_store_returns(site: Site) -> None:
    site.store.is_down = True
    await asyncio.gather(*(site.spooled.append(batch(Row(n, n))) for n in range(50)))
    assert site.spooled.is_spooling
    assert not await site.spooled.drain()
    site.store.is_down = False
    assert await site.values() == []
    assert await site.spooled.drain()
    assert await site.values() == list(range(50))
    assert not list(site.folder.iterdir())


async def test_loss_and_return_are_told_once_each(site: Site) -> None:
    for _ in range(2):
        site.store.is_down = True
        await asyncio.gather(*(site.spooled.append(batch(Row(n, n))) for n in range(5)))
        await site.spooled.drain()
        site.store.is_down = False
        await site.spooled.drain()
        await site.spooled.drain()
    assert site.heard == [EventKind.STORE_DOWN, EventKind.STORE_UP] * 2


async def test_a_correction_queues_behind_what_it_corrects(site: Site) -> None:
    site.store.is_down = True
    await site.spooled.append(batch(Row(0, 1)))
    site.store.is_down = False
    await site.spooled.append(batch(Row(0, 2, delay=60)))
    assert await site.values() == []
    await site.spooled.drain()
    assert await site.values() == [2]


async def test_appends_during_a_drain_are_neither_lost_nor_left_behind(site: Site) -> None:
    site.store.is_down = True
    await site.spooled.append(batch(Row(0, 0)))
    site.store.is_down = False
    appends = (site.spooled.append(batch(Row(n, n))) for n in range(1, 200))
    await asyncio.gather(site.spooled.drain(), *appends)
    assert await site.spooled.drain()
    assert await site.values() == list(range(200))


async def test_a_reading_that_waits_while_the_spool_runs_empty_goes_to_the_store(site: Site) -> None:
    asked, answer = threading.Event(), threading.Event()

    class SlowToSayEmpty(Spool):
        """Lets the test act at the very moment the drain finds nothing left."""

        @property
        def is_empty(self) -> bool:
            asked.set()
            answer.wait(10)
            return super().is_empty

    spooled = SpooledReadingStore(site.store, SlowToSayEmpty(site.folder / "other"), site.hear)
    answer.set()
    await spooled.open()
    site.store.is_down = True
    await spooled.append(batch(Row(0, 1)))
    site.store.is_down = False
    asked.clear()
    answer.clear()
    drain = asyncio.create_task(spooled.drain())
    await asyncio.to_thread(asked.wait, 10)
    late = asyncio.create_task(spooled.append(batch(Row(1, 2))))
    await asyncio.sleep(0)
    answer.set()
    assert await drain
    await late
    assert await site.values() == [1, 2]
    await spooled.close()


async def test_a_restart_puts_back_first_what_the_last_life_left(site: Site) -> None:
    site.store.is_down = True
    await site.spooled.append(batch(Row(0, 1)))
    site.store.is_down = False
    next_life = site.restarted()
    assert await next_life.open() == 0
    assert next_life.is_spooling
    await next_life.append(batch(Row(0, 2, delay=60)))
    assert await next_life.drain()
    assert await site.values() == [2]
    assert site.heard == [EventKind.STORE_DOWN, EventKind.STORE_UP]
    await next_life.close()


async def test_a_drain_that_was_cut_short_is_harmless_to_repeat(site: Site) -> None:
    site.store.is_down = True
    rows = batch(Row(0, 1), Row(1, 2))
    await site.spooled.append(rows)
    site.store.is_down = False
    await site.store.append(rows)  # committed, and killed before the spool forgot it
    await site.spooled.drain()
    assert len(await site.store.history(1, 1, at(0))) == 1


async def test_store_and_spool_both_full_is_said_to_the_caller(tmp_path: Path) -> None:
    site = Site(tmp_path, limit=4_096)
    await site.spooled.open()
    site.store.is_down = True
    taken = 0
    with pytest.raises(SpoolFull, match="is full"):
        for taken in range(100):
            await site.spooled.append(batch(Row(taken, taken)))
    assert taken
    site.store.is_down = False
    await site.spooled.drain()
    assert await site.values() == list(range(taken))
    await site.spooled.close()


async def test_a_deaf_event_log_does_not_stop_the_readings(site: Site) -> None:
    async def fail(kind: EventKind, detail: str) -> None:
        raise StoreUnavailable("the event log is on the same disk")

    spooled = SpooledReadingStore(site.store, Spool(site.folder / "other"), fail)
    await spooled.open()
    site.store.is_down = True
    assert await spooled.append(batch(Row(0, 1))) == 1
    site.store.is_down = False
    assert await spooled.drain()
    assert await site.values() == [1]
    await spooled.close()


async def test_spooled_readings_reach_the_main_file_before_they_are_forgotten(site: Site) -> None:
    class FailsToCheckpoint(MemoryReadingStore):
        """Takes readings into its log only."""

        async def checkpoint(self) -> None:
            raise StoreUnavailable("no room for a checkpoint")

        async def append(self, batch: ReadingBatch) -> int:
            return await super().append(batch)

    store = FailsToCheckpoint(shipped_types())
    spooled = SpooledReadingStore(store, Spool(site.folder / "other"), site.hear)
    await spooled.open()
    store.is_down = True
    await spooled.append(batch(Row(0, 1)))
    store.is_down = False
    assert not await spooled.drain()
    assert list((site.folder / "other").iterdir())
    await spooled.close()
