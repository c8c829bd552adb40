"""Gateways with a meter behind each that answers energy reads with zero, and a book of who connected when. A program.

It says `listening on PORT`, and the book as JSON when its stdin ends. Run: python -m tests.campaigns.counted_gateways
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from protocols import dlt645


async def serve() -> list[tuple[float, str]]:
    """Until stdin ends; the book: monotonic seconds and the address that was connected to."""
    book: list[tuple[float, str]] = []

    async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        book.append((time.monotonic(), writer.get_extra_info("sockname")[0]))
        connection = dlt645.Connection()
        while data := await reader.read(4096):
            for event in connection.receive(data):
                if isinstance(event, dlt645.FrameReceived):
                    writer.write(dlt645.encode(dlt645.read_reply(event.frame, bytes(4))[0]))
        writer.close()

    server = await asyncio.start_server(gateway, "0.0.0.0", 0, backlog=1024)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    return book


if __name__ == "__main__":
    print(json.dumps(asyncio.run(serve())), flush=True)
