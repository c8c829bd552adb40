"""A reading store that goes on taking readings while the store behind it cannot: they wait in a spool.

Owns the order: while anything waits in the spool, new batches queue behind it. Knows no engine and no file.
Delivery is at least once; the store behind drops exact twins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Protocol, TypeVar

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.domain.readings import Ints, RawFrame, ReadingBatch, StoredReading, concatenated
from headend.ports import PreviousReadings, ReadingStore

DRAIN_ROWS = 50_000
Spooled = tuple[int, ReadingBatch]
OnStateChange = Callable[[EventKind, str], Awaitable[None]]
Answer = TypeVar("Answer")


class CheckpointedStore(ReadingStore, Protocol):
    """A reading store that can make its main file as good as its log."""

    async def checkpoint(self) -> None:
        """Return when all that was appended is in the main file."""
        ...


class BatchSpool(Protocol):
    """A durable queue of batches, used from one thread."""

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        ...

    def open(self) -> int:
        """Find what is there; bytes that were cut off."""
        ...

    def append(self, batch: ReadingBatch) -> int:
        """Durable on return; StoreUnavailable when it cannot."""
        ...

    def replay(self) -> Iterator[Spooled]:
        """What waits, oldest first."""
        ...

    def forget(self, sequence: int) -> None:
        """Let go of everything up to this sequence."""
        ...


class SpooledReadingStore:
    """Port `ReadingStore`. `on_state_change` hears STORE_DOWN once on loss and STORE_UP once on return."""

    def __init__(self, store: CheckpointedStore, spool: BatchSpool, on_state_change: OnStateChange) -> None:
        self._store, self._spool, self._on_state_change = store, spool, on_state_change
        self._is_spooling = False
        self._spool_turn = asyncio.Lock()
        self._drain_turn = asyncio.Lock()

    async def open(self) -> int:
        """Find what an earlier life left in the spool; returns how many torn bytes were cut off its end."""
        self._spool_thread = ThreadPoolExecutor(1, "reading-spool")
        cut = await self._in_spool_thread(self._spool.open)
        self._is_spooling = not self._spool.is_empty
        return cut

    async def close(self) -> None:
        """Finish the write that is under way; what waits in the spool stays there."""
        async with self._spool_turn:
            self._spool_thread.shutdown()

    @property
    def is_spooling(self) -> bool:
        """Readings go to the spool now: the store is away, or not caught up yet."""
        return self._is_spooling

    async def append(self, batch: ReadingBatch) -> int:
        """Durable on return, in the store or in the spool; in the spool every row counts as new.

        StoreUnavailable when neither takes it.
        """
        while True:
            if not self._is_spooling:
                try:
                    return await self._store.append(batch)
                except StoreUnavailable as error:
                    await self._lose(str(error))
            if await self._queue_behind(batch):
                return len(batch)

    async def drain(self) -> bool:
        """Put back what waits, in order, while the store takes it; True when nothing waits any more.

        Call it at the start and every now and then; it gives up at the first refusal.
        """
        async with self._drain_turn:
            drained = 0
            with suppress(StoreUnavailable):
                while self._is_spooling:
                    waiting = await self._in_spool_thread(self._oldest)
                    drained += await self._put_back(waiting)
                    if not waiting and await self._catch_up():
                        await self._announce(EventKind.STORE_UP, f"{drained} spooled batches put back")
            return not self._is_spooling

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        """As the store says; what waits in the spool is not seen."""
        return await self._store.previous(batch)

    async def series(
        self, installation_id: int, type_ids: Sequence[int], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        """As the store says."""
        return await self._store.series(installation_id, type_ids, start, end)

    async def history(self, installation_id: int, type_id: int, measured_at: datetime) -> Sequence[StoredReading]:
        """As the store says."""
        return await self._store.history(installation_id, type_id, measured_at)

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        """As the store says."""
        return await self._store.latest(installation_id)

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        """As the store says."""
        return await self._store.edges(type_ids, edge, tolerance_s)

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        """As the store says."""
        return await self._store.slots_present(type_id, start, slot_s, slots)

    async def last_received(self, since: datetime) -> Mapping[int, datetime]:
        """As the store says."""
        return await self._store.last_received(since)

    async def frame(self, frame_id: int) -> RawFrame | None:
        """As the store says."""
        return await self._store.frame(frame_id)

    async def _queue_behind(self, batch: ReadingBatch) -> bool:
        async with self._spool_turn:
            if not self._is_spooling:
                return False  # the spool was emptied while this batch waited for its turn
            await self._in_spool_thread(lambda: self._spool.append(batch))
            return True

    async def _put_back(self, waiting: Sequence[Spooled]) -> int:
        if waiting:
            await self._store.append(concatenated([batch for _, batch in waiting]))
            # The store's log may be damaged later; what left the spool must be in the main file.
            await self._store.checkpoint()
            await self._in_spool_thread(lambda: self._spool.forget(waiting[-1][0]))
        return len(waiting)

    async def _catch_up(self) -> bool:
        async with self._spool_turn:
            self._is_spooling = not await self._in_spool_thread(lambda: self._spool.is_empty)
            return not self._is_spooling

    async def _lose(self, reason: str) -> None:
        if not self._is_spooling:
            self._is_spooling = True
            await self._announce(EventKind.STORE_DOWN, reason)

    async def _announce(self, kind: EventKind, detail: str) -> None:
        with suppress(StoreUnavailable):  # the event log may sit on the same full disk
            await self._on_state_change(kind, detail)

    def _oldest(self) -> list[Spooled]:
        waiting: list[Spooled] = []
        rows = 0
        for spooled in self._spool.replay():
            waiting.append(spooled)
            rows += len(spooled[1])
            if rows >= DRAIN_ROWS:
                break
        return waiting

    async def _in_spool_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._spool_thread, work)
