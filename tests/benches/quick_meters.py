"""Meters that answer as fast as Python can: a process of its own, so that the client is what is measured.

Any address, energy identifiers only, always 1234.56. Run: python -m tests.benches.quick_meters
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

import uvloop

PREAMBLE, REQUEST_SIZE = b"\xfe\xfe\xfe\xfe", 16
VALUE = bytes(value + 0x33 for value in (0x56, 0x34, 0x12, 0x00))


class QuickMeters(asyncio.Protocol):
    """Answers each request of sixteen bytes with its own address and identifier; one connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._rest + data
        while (start := buffer.find(0x68)) >= 0 and len(buffer) >= start + REQUEST_SIZE:
            body = buffer[start : start + 8] + b"\x91\x08" + buffer[start + 10 : start + 14] + VALUE
            assert self._transport is not None
            self._transport.write(PREAMBLE + body + bytes((sum(body) & 0xFF, 0x16)))
            buffer = buffer[start + REQUEST_SIZE :]
        self._rest = buffer


async def serve() -> None:
    """On a free port of every address of this machine, until killed."""
    server = await asyncio.get_running_loop().create_server(QuickMeters, "0.0.0.0", 0, backlog=1024)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        uvloop.run(serve())
