"""Live feed in this process: each watcher has a bounded queue of its own and loses its oldest items when slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from headend.ports import FeedItem

QUEUE_SIZE = 1000


class InProcessFeed:
    """LiveFeed port."""

    def __init__(self) -> None:
        self._watchers: set[_Watcher] = set()

    def publish(self, item: FeedItem) -> None:
        """See LiveFeed."""
        for watcher in self._watchers:
            watcher.items.append(item)
            watcher.wake.set()

    async def watch(self) -> AsyncIterator[FeedItem]:
        """See LiveFeed."""
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            while True:
                await watcher.wake.wait()
                watcher.wake.clear()
                while watcher.items:
                    yield watcher.items.popleft()
        finally:
            self._watchers.discard(watcher)


class _Watcher:
    """One who watches."""

    def __init__(self) -> None:
        self.items: deque[FeedItem] = deque(maxlen=QUEUE_SIZE)
        self.wake = asyncio.Event()
