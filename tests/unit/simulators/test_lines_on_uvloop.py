"""The head-end's own event loop serves the same lines: its transports are no `asyncio.Transport`."""

import asyncio
import os
import tty
from datetime import UTC, datetime

import uvloop

from protocols.dlt645 import Connection, FrameReceived, encode, read
from simulators import FleetPlan, build_fleet, serve

REQUEST = encode(read("000000000001", "00010000"))
NOW = datetime(2026, 3, 20, 8, 7, 33, tzinfo=UTC)


def total_in(raw: bytes) -> bytes:
    (event,) = Connection().receive(raw)
    assert isinstance(event, FrameReceived)
    return event.frame.data[4:]


async def over_tcp() -> bytes:
    async with serve("dlt645", "tcp://127.0.0.1:0", build_fleet(FleetPlan(1)), now=lambda: NOW) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(running.address.rsplit(":", 1)[1]))
        writer.write(REQUEST)
        raw = await asyncio.wait_for(reader.read(100), 5)
        writer.close()
    return total_in(raw)


async def over_terminal() -> bytes:
    async with serve("dlt645", "pty:", build_fleet(FleetPlan(1)), now=lambda: NOW) as running:
        descriptor = os.open(running.address.removeprefix("serial://"), os.O_RDWR | os.O_NOCTTY)
        tty.setraw(descriptor)
        os.write(descriptor, REQUEST)
        raw = await asyncio.wait_for(asyncio.to_thread(os.read, descriptor, 100), 5)
        os.close(descriptor)
    return total_in(raw)


def test_tcp_and_pseudo_terminal_work_on_uvloop_as_on_asyncio() -> None:
    on_uvloop = [uvloop.run(over_tcp()), uvloop.run(over_terminal())]
    assert on_uvloop == [asyncio.run(over_tcp())] * 2
