"""Gateways to one simulated fleet that write down every byte with its connection, and answer a little late. A program.

Each address of this machine that is connected to is a bus of its own. What it has seen goes to a file, a line each:
seconds, bus, connection, "asked" or "answered", bytes as hex. It judges nothing, and ends with its stdin.

Run: python -m tests.campaigns.witnessed_buses UPSTREAM_PORT FILE
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

ANSWER_AFTER_S = 0.03
LINGER_S = 1.0  # whoever asked may have gone: the bus still carries the answer


class Witness:
    """The book, and the two directions of every connection."""

    def __init__(self, upstream: int, file: Path) -> None:
        self._upstream, self._numbers = upstream, itertools.count(1)
        self._book = file.open("w", encoding="ascii", buffering=1)

    async def gateway(self, asker: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection."""
        place = (back.get_extra_info("sockname")[0], next(self._numbers))
        meters, to_meters = await asyncio.open_connection("127.0.0.1", self._upstream)
        answers = asyncio.create_task(self._answers(place, meters, back))
        with suppress(OSError):
            while data := await asker.read(4096):
                self._note(place, "asked", data)
                to_meters.write(data)
        await asyncio.sleep(LINGER_S)
        to_meters.close()
        answers.cancel()
        back.close()

    async def _answers(self, place: tuple[str, int], meters: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while data := await meters.read(4096):
            await asyncio.sleep(ANSWER_AFTER_S)
            self._note(place, "answered", data)
            back.write(data)

    def _note(self, place: tuple[str, int], what: str, data: bytes) -> None:
        self._book.write(json.dumps([round(time.monotonic(), 4), *place, what, data.hex()]) + "\n")


async def serve(upstream: int, file: Path) -> None:
    """Until stdin ends."""
    server = await asyncio.start_server(Witness(upstream, file).gateway, "0.0.0.0", 0)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
