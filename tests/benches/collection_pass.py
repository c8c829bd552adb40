"""A whole pass over 300 meters on ten lines: `headend simulate`, the shipped collection, rules, and the store on disk.

The limit is physical: the very same requests, replayed by a bare Protocol on as many connections. What the simulated
meters need for their answers is in both.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from collectors.collection import Collection
from collectors.quarantine import Quarantine
from headend import shipped
from headend.clock import SystemClock
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading
from headend.live_feed import InProcessFeed
from headend.ports import ReadingSink
from headend.services.accept_readings import AcceptReadings
from headend.services.meter_facts import MeterFacts
from headend.stores.readings import DuckDbReadingStore
from protocols import dlt645
from tests.benches.bare_protocol import BareClient, connected
from tests.benches.head_end_parts import ROOT, loopback, registered, running_gateway
from tests.benches.measured import OURS, Line, Size, in_turn_async, lines
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.processes import HEADEND, running

LINES, METERS_PER_LINE = 10, 30
REPEATS = 3
LIMIT = "the same exchanges, bare asyncio Protocol"
# What the shipped profile asks: the clock is two.
REQUESTS = ("04000101", "04000102", "0001FF00", "0002FF00", "0201FF00", "0202FF00", "0203FF00", "0206FF00", "02800002")


class Counting:
    """ReadingSink in front of another: how many readings went through."""

    def __init__(self, sink: ReadingSink) -> None:
        self._sink, self.readings = sink, 0

    async def accept(self, readings: Sequence[Reading]) -> None:
        self.readings += len(readings)
        await self._sink.accept(readings)


def collection_pass(size: Size) -> list[Line]:
    """Meters a second."""
    folder = Path(tempfile.mkdtemp(prefix="headend-bench-", dir=size.data))
    per_line = size.of(METERS_PER_LINE)
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://0.0.0.0:0"]
    try:
        with running([*command, "--meters", str(LINES * per_line)], "listening on") as (_, line):
            port = int(line.rsplit(":", 1)[1])
            return lines("collection_pass", "meters/s", size.seed, uvloop.run(_rates(size, folder, port, per_line)))
    finally:
        shutil.rmtree(folder)


async def _rates(size: Size, folder: Path, port: int, per_line: int) -> dict[str, float]:
    addresses = loopback(LINES, port)
    registry, installations = await registered(addresses, per_line)
    types = shipped.reading_types(ROOT)
    store = DuckDbReadingStore(folder / "readings.duckdb", types)
    await store.open()
    bare, routes = await connected(addresses), _routes(installations, per_line)
    async with running_gateway() as gateway:
        sink = Counting(_accept(store, registry))
        collection = Collection(gateway, sink, clock=SystemClock(), events=MemoryEventLog(), quarantine=Quarantine())
        contenders: dict[str, Callable[[], Awaitable[int]]] = {
            OURS: lambda: _pass(collection, installations),
            LIMIT: lambda: _replay(bare, routes),
        }
        rates = await in_turn_async(Size(size.data, size.seed, size.share, min(size.repeats, REPEATS)), contenders)
    assert sink.readings >= 15 * len(installations)
    for one in bare:
        one.close()
    await store.close()
    return dict(rates)


def _accept(store: DuckDbReadingStore, registry: MemoryMeterRegistry) -> AcceptReadings:
    return AcceptReadings(
        store,
        shipped.rule_book(ROOT),
        MeterFacts(registry),
        shipped.reading_types(ROOT),
        clock=SystemClock(),
        events=MemoryEventLog(),
        feed=InProcessFeed(),
    )


async def _pass(collection: Collection, installations: Sequence[MeterInstallation]) -> int:
    report = await collection.registers(installations)
    assert report.answered == len(installations)
    return report.answered


def _routes(installations: Sequence[MeterInstallation], per_line: int) -> list[list[bytes]]:
    """What is asked on each line."""
    lines_of_meters = (installations[n : n + per_line] for n in range(0, len(installations), per_line))
    return [
        [dlt645.encode(dlt645.read(i.meter.server_address, item)) for i in meters for item in REQUESTS]
        for meters in lines_of_meters
    ]


async def _replay(clients: Sequence[BareClient], routes: Sequence[Sequence[bytes]]) -> int:
    exchanges = sum(await asyncio.gather(*(c.exchange(route) for c, route in zip(clients, routes, strict=True))))
    return exchanges // len(REQUESTS)
