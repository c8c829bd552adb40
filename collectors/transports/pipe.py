"""A byte pipe on an asyncio transport: read what came, write, know that it broke. Parses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import Protocol, cast

from headend.domain.errors import LineDown

LARGEST_BACKLOG = 1 << 16
CLOSING_S = 1.0
LAST_LOOK_S = 0.002  # a loop that is late rings before it has looked at what came meanwhile; then it has


class BytePipe(Protocol):
    """All the I/O a channel needs. Every method raises LineDown when the line is broken."""

    @property
    def is_open(self) -> bool:
        """Connected, as far as we know."""
        ...

    async def open(self) -> None:
        """Connect; the pipe starts empty."""
        ...

    async def write(self, data: bytes) -> None:
        """Hand all bytes to the operating system."""
        ...

    async def read(self, by: float) -> bytes:
        """Bytes as they come, until the loop's time is `by`; empty when none came."""
        ...

    def pending(self) -> bytes:
        """Take the bytes that are already here, perhaps none."""
        ...

    async def close(self) -> None:
        """Let go of the line; harmless when it is not open."""
        ...


class ReceivingPipe(asyncio.Protocol):
    """The asyncio half of a pipe: keeps arrived bytes until somebody reads them."""

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._is_writable = True
        self._lost: str | None = None
        self._transport: asyncio.Transport | None = None
        self._made = asyncio.Event()
        self._closed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._alarm = _Alarm(self._loop, self._wake)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio callback)."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not derive from it
        self._made.set()

    def data_received(self, data: bytes) -> None:
        """Keep bytes; a babbling line keeps only its newest (asyncio callback)."""
        self._arrived += data
        if len(self._arrived) > LARGEST_BACKLOG:
            del self._arrived[:-LARGEST_BACKLOG]
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember why (asyncio callback)."""
        self._lost = str(exc) if exc else "closed by the other side"
        self._closed.set()
        self._wake()

    def pause_writing(self) -> None:
        """The operating system takes no more (asyncio callback)."""
        self._is_writable = False

    def resume_writing(self) -> None:
        """The operating system takes more (asyncio callback)."""
        self._is_writable = True

    async def connected(self) -> None:
        """Wait for the transport: a serial one comes a turn of the loop later than its constructor returns."""
        await self._made.wait()

    @property
    def transport(self) -> asyncio.Transport:
        """What the bytes go through; LineDown before there is one."""
        if self._transport is None:
            raise LineDown("not open")
        return self._transport

    @property
    def is_lost(self) -> bool:
        """The other side or the operating system ended it."""
        return self._lost is not None

    async def write(self, data: bytes) -> None:
        """Hand all bytes over; LineDown when the line is lost, or has taken nothing for long."""
        if self._transport is None or self._lost is not None:
            raise LineDown(self._lost or "not open")
        if not self._is_writable:
            raise LineDown("the other side takes no bytes")
        self._transport.write(data)

    async def read(self, by: float) -> bytes:
        """See BytePipe; LineDown when the line is lost and nothing is left.

        This is waited for once an exchange, so neither asyncio.timeout nor a timer of its own: see `_Alarm`.
        """
        loop = self._loop
        while not self._arrived:
            if self._lost is not None:
                raise LineDown(self._lost)
            if loop.time() >= by:
                return b""
            self._waiter = loop.create_future()
            self._alarm.ring_by(by)
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.pending()

    def pending(self) -> bytes:
        """Take what is here."""
        if not self._arrived:
            return b""
        data = bytes(self._arrived)
        self._arrived.clear()
        return data

    async def close(self) -> None:
        """Close the transport at once; a device that does not let go is left to the operating system."""
        self._alarm.silence()
        if self._transport is not None and not self._closed.is_set():
            self._transport.abort()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_S):
                    await self._closed.wait()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Alarm:
    """Wakes a reader at its time, by one timer that is set again only when it rings too early.

    Nearly every reader has its answer long before; a timer of its own, made and cancelled, would cost it a tenth of
    the whole exchange.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop, self._wake = loop, wake
        self._by = 0.0
        self._rings_at = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._has_looked = False

    def ring_by(self, by: float) -> None:
        """Wake at the loop's time `by`; what was asked before is forgotten."""
        self._by = by
        if by < self._rings_at:
            self._set()

    def silence(self) -> None:
        """Never again."""
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = math.inf

    def _set(self) -> None:
        self.silence()
        self._has_looked = False
        self._rings_at = self._by
        self._timer = self._loop.call_at(self._by, self._ring)

    def _ring(self) -> None:
        self._rings_at = math.inf
        if self._loop.time() < self._by:
            self._set()
        elif not self._has_looked:
            self._has_looked, self._rings_at = True, self._by
            self._timer = self._loop.call_later(LAST_LOOK_S, self._ring)
        else:
            self._wake()
