"""One end of the socket between head-end and child. Whoever sends waits while the other side does not take it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

from collectors.shards.frames import Frames, framed
from collectors.shards.messages import FromChild, ToChild

CHUNK = 256 * 1024


class Wire:
    """Messages over a connected socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, message: ToChild | FromChild) -> None:
        """Returns when the kernel has room again; OSError when the other side has gone."""
        self._writer.write(framed(message))
        await self._writer.drain()

    def send_soon(self, message: ToChild | FromChild) -> None:
        """Without waiting: for few and small messages, by those who cannot wait."""
        if not self._writer.is_closing():
            self._writer.write(framed(message))

    async def messages(self) -> AsyncIterator[object]:
        """Until the other side has gone; BrokenFrames, OSError."""
        frames = Frames()
        while data := await self._reader.read(CHUNK):
            for message in frames.receive(data):
                yield message

    def fileno(self) -> int:
        """The descriptor of our end."""
        return int(self._writer.get_extra_info("socket").fileno())

    def close(self) -> None:
        """Nothing more is sent or received."""
        self._writer.close()


async def wire_of(end: socket.socket) -> Wire:
    """The wire of one end of a pair."""
    return Wire(*await asyncio.open_connection(sock=end, limit=CHUNK))
