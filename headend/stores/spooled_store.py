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
from itertools import islice
from typing import Protocol, TypeVar

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.domain.readings import Ints, RawFrame, ReadingBatch, StoredReading, concatenated
from headend.ports import PreviousReadings, ReadingStore

DRAIN_BATCHES = 200
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
        """Durable on return, in the store or in the spool (then all rows count as new)."""
        if not self._is_spooling:
            try:
                return await self._store.append(batch)
            except StoreUnavailable as error:
                lost = error
            await self._spool_first(batch, lost)
        else:
            await self._append_behind(batch)
        return len(batch)
