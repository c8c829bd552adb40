"""The limit of a client in Python: an asyncio Protocol that sends the next request when enough bytes have come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from tests.benches.alone import Work

REPLY_HEAD = 10


class BareClient(asyncio.Protocol):
    """Sends the requests one after another on one connection; believes whatever has the length of a reply."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._requests: Sequence[bytes] = ()
        self._sent = 0
        self._buffer = b""
        self._done: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    async def exchange(self, requests: Sequence[bytes]) -> int:
        """All requests and replies; how many."""
        self._requests, self._sent = requests, 0
        self._done = asyncio.get_running_loop().create_future()
        self._send()
        return await self._done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        start = self._buffer.find(0x68)
        if start < 0 or len(self._buffer) < start + REPLY_HEAD:
            return
        if len(self._buffer) >= start + REPLY_HEAD + self._buffer[start + REPLY_HEAD - 1] + 2:
            self._buffer = b""
            self._send()

    def _send(self) -> None:
        assert self._transport is not None and self._done is not None
        if self._sent == len(self._requests):
            self._done.set_result(self._sent)
            return
        self._transport.write(self._requests[self._sent])
        self._sent += 1


async def connected(addresses: Sequence[tuple[str, int]]) -> list[BareClient]:
    """One client a connection."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(BareClient, host, port))[1] for host, port in addresses]


@asynccontextmanager
async def contender(addresses: Sequence[tuple[str, int]], requests: Sequence[bytes], each: int) -> AsyncIterator[Work]:
    """A client a connection, sending its request `each` times a round."""
    clients = await connected(addresses)
    yield lambda: _exchange(clients, requests, each)
    for client in clients:
        client.close()


async def _exchange(clients: Sequence[BareClient], requests: Sequence[bytes], each: int) -> int:
    return sum(await asyncio.gather(*(c.exchange([one] * each) for c, one in zip(clients, requests, strict=True))))
