"""Group commit: batches that arrive while a commit runs are stored together by the next one.

Lives on the event loop; where a commit runs is its engine's affair. Bounded: when `ROOM` appends wait,
the next caller waits for a place. A caller that is cancelled takes nothing back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from headend.domain.errors import StoreUnavailable
from headend.domain.readings import ReadingBatch
from headend.stores.readings.committed import Committed

GROUP_ROWS = 50_000
ROOM = 4_096
Waiting = tuple[ReadingBatch, "asyncio.Future[int]"]


class AppendQueue:
    """`commit` starts one at a time; `on_commit` sees what was stored, on the loop, before any caller does."""

    def __init__(
        self,
        commit: Callable[[Sequence[ReadingBatch]], asyncio.Future[Committed]],
        on_commit: Callable[[Committed], None],
    ) -> None:
        self._commit, self._on_commit = commit, on_commit
        self._waiting: deque[Waiting] = deque()
        self._room = asyncio.Semaphore(ROOM)
        self._is_closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def append(self, batch: ReadingBatch) -> int:
        """Durable on return; the number of rows that were new."""
        await self._room.acquire()
        if self._is_closed:
            self._room.release()
            raise StoreUnavailable("the reading store is closed")
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, future))
        if self._idle.is_set():
            self._start_commit()
        return await future

    async def close(self) -> None:
        """Refuse new batches and wait until the accepted ones are settled."""
        self._is_closed = True
        while not self._idle.is_set():  # what waited behind one commit begins the next at once
            await self._idle.wait()

    def _start_commit(self) -> None:
        group = [self._waiting.popleft()]
        rows = len(group[0][0])
        while self._waiting and rows + len(self._waiting[0][0]) <= GROUP_ROWS:
            group.append(self._waiting.popleft())
            rows += len(group[-1][0])
        self._idle.clear()
        commit = self._commit([batch for batch, _ in group])
        commit.add_done_callback(lambda done: self._settle(group, done))

    def _settle(self, group: Sequence[Waiting], done: asyncio.Future[Committed]) -> None:
        self._idle.set()
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            self._on_commit(done.result())
        for position, (_, future) in enumerate(group):
            self._room.release()
            if future.done():
                continue
            if error is None:
                future.set_result(int(done.result().counts[position]))
            else:
                future.set_exception(error)
        if self._waiting:
            self._start_commit()
