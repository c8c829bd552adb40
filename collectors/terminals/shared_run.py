"""Work that runs once for all who want it, as long as anybody does. Knows nothing of what it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SharedRun:
    """`run()` may be called by many: the first starts the work, the last to leave ends it; its error meets all."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._holders = 0
        self._owner: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled, or until the work fails."""
        self._holders += 1
        if self._owner is None or self._owner.done():
            self._owner = asyncio.create_task(self._do())
        owner = self._owner
        try:
            await asyncio.shield(owner)
        finally:
            self._holders -= 1
            if not self._holders:
                self._owner = None
                owner.cancel()
                await asyncio.gather(owner, return_exceptions=True)

    async def _do(self) -> None:
        await self._work()
