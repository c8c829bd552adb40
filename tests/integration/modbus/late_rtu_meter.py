"""A meter behind a transparent gateway that answers reads of one register late, and all others in its usual time.

A register holds its own address, so that a wrong one is seen. Bytes are made by hand: no code of either side is used.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

REQUEST_SIZE = 8


def crc(body: bytes) -> bytes:
    state = 0xFFFF
    for byte in body:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ 0xA001 if state & 1 else state >> 1
    return struct.pack("<H", state)


def reply_to(request: bytes) -> bytes:
    unit, function, address, count = struct.unpack(">BBHH", request[:6])
    body = struct.pack(f">BBB{count}H", unit, function, 2 * count, *range(address, address + count))
    return body + crc(body)


@asynccontextmanager
async def late_meter(late_address: int, *, late_s: float, usual_s: float) -> AsyncIterator[int]:
    """The port it listens on while the block runs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                request = await reader.readexactly(REQUEST_SIZE)
                is_late = struct.unpack(">H", request[2:4])[0] == late_address
                loop.call_later(late_s if is_late else usual_s, writer.write, reply_to(request))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
