"""Gather readings: what many meters say at once goes through the rules and to the store together. Judges nothing.

A batch of one meter costs the rules as much as a batch of five thousand rows. There is no waiting for more: whatever
came while the last batch was being kept is the next one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from headend.domain.errors import HeadEndError, StoreUnavailable
from headend.domain.readings import Reading
from headend.ports import ReadingSink

MOST_ROWS = 20_000  # of one batch: its rules must not hold up the event loop for long
MOST_WAITING = 100_000  # readings; above, whoever brings more waits
Delivery = tuple[Sequence[Reading], "asyncio.Future[None]"]


class GatherReadings:
    """ReadingSink in front of another; returns when the readings are durable. Works while `run()` runs."""

    def __init__(self, sink: ReadingSink) -> None:
        self._sink = sink
        self._waiting: deque[Delivery] = deque()
        self._rows = 0
        self._has_some, self._has_room = asyncio.Event(), asyncio.Event()
        self._has_room.set()

    @property
    def waiting_rows(self) -> int:
        """Readings that wait for their turn."""
        return self._rows

    async def accept(self, readings: Sequence[Reading]) -> None:
        """See ReadingSink; waits while too many wait already."""
        if not readings:
            return
        while not self._has_room.is_set():
            await self._has_room.wait()
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((readings, kept))
        self._count(len(readings))
        self._has_some.set()
        await kept

    async def run(self) -> None:
        """Hand on what waits, until cancelled; what still waits then is told that the store is closed."""
        try:
            while True:
                await self._has_some.wait()
                await self._hand_on(self._next_batch())
        finally:
            for _, kept in self._waiting:
                if not kept.done():
                    kept.set_exception(StoreUnavailable("readings are not taken any more"))

    def _next_batch(self) -> Sequence[Delivery]:
        batch, rows = list[Delivery](), 0
        while self._waiting and (not batch or rows + len(self._waiting[0][0]) <= MOST_ROWS):
            batch.append(self._waiting.popleft())
            rows += len(batch[-1][0])
        self._count(-rows)
        if not self._waiting:
            self._has_some.clear()
        return batch

    async def _hand_on(self, batch: Sequence[Delivery]) -> None:
        """All at once; where that fails for another reason than the store, one by one, so that only the guilty pays."""
        try:
            await self._sink.accept([reading for readings, _ in batch for reading in readings])
        except asyncio.CancelledError:
            _settle(batch, StoreUnavailable("the keeping was stopped; the readings may be durable or not"))
            raise
        except StoreUnavailable as error:
            _settle(batch, error)
        except (HeadEndError, ValueError, ArithmeticError) as error:
            if len(batch) == 1:
                _settle(batch, error)
            for delivery in batch if len(batch) > 1 else ():
                await self._hand_on([delivery])
        except BaseException as error:  # our own error ends the owner; nobody waits for ever
            _settle(batch, error)
            raise
        else:
            _settle(batch, None)

    def _count(self, rows: int) -> None:
        self._rows += rows
        if self._rows < MOST_WAITING:
            self._has_room.set()
        else:
            self._has_room.clear()


def _settle(batch: Sequence[Delivery], error: BaseException | None) -> None:
    for _, kept in batch:
        if kept.done():  # whoever brought them has gone
            continue
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)
