"""Modbus meters that answer as fast as Python can: a process of its own, so that the client is what is measured.

Any unit, register reads only, two registers that hold 230.2. Run: python -m tests.benches.quick_modbus_meters
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

import uvloop

REQUEST_SIZE = 12
TAIL = b"\x04\x43\x66\x33\x34"
LENGTH = b"\x00\x00\x00\x07"


class QuickModbusMeters(asyncio.Protocol):
    """Answers each request of twelve bytes with its own transaction, unit and function; one connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._rest + data
        assert self._transport is not None
        while len(buffer) >= REQUEST_SIZE:
            self._transport.write(buffer[:2] + LENGTH + buffer[6:8] + TAIL)
            buffer = buffer[REQUEST_SIZE:]
        self._rest = buffer


async def serve() -> None:
    """On a free port of every address of this machine, until killed."""
    server = await asyncio.get_running_loop().create_server(QuickModbusMeters, "0.0.0.0", 0, backlog=1024)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        uvloop.run(serve())
