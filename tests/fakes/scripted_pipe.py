"""A byte pipe whose far end is a script: what comes back for the n-th write, and after how long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from headend.domain.errors import LineDown

# (number of the write from 0, bytes written) -> [(seconds later, bytes)]
Script = Callable[[int, bytes], Sequence[tuple[float, bytes]]]


class ScriptedPipe:
    """BytePipe on the loop's timers."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._arrived = bytearray()
        self._wake = asyncio.Event()
        self.is_open = False
        self.opens = 0
        self.refuse_open: str | None = None
        self.written: list[bytes] = []

    async def open(self) -> None:
        if self.refuse_open:
            raise LineDown(self.refuse_open)
        self.is_open, self.opens = True, self.opens + 1
        self._arrived.clear()

    async def write(self, data: bytes) -> None:
        if not self.is_open:
            raise LineDown("not open")
        number = len(self.written)
        self.written.append(data)
        for delay, reply in self._script(number, data):
            asyncio.get_running_loop().call_later(delay, self.arrive, reply)

    async def read(self, by: float) -> bytes:
        loop = asyncio.get_running_loop()
        while not self._arrived:
            if not self.is_open:
                raise LineDown("closed by the other side")
            if loop.time() >= by:
                return b""
            self._wake.clear()
            timer = loop.call_at(by, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                timer.cancel()
        return self.pending()

    def pending(self) -> bytes:
        data = bytes(self._arrived)
        self._arrived.clear()
        return data

    async def close(self) -> None:
        self.is_open = False

    def arrive(self, data: bytes) -> None:
        self._arrived += data
        self._wake.set()

    def hang_up(self) -> None:
        self.is_open = False
        self._wake.set()
