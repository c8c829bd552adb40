"""A whole fleet behind TCP gateways: four registers of each meter read twice, through the rules, durable on disk.

`headend simulate` plays the meters in one process on the same machine, without think time; the head-end's half is this
process. The limit is the schedule's: 100,000 meters in 60 s, fewer meters in their share of it; above 1 is sooner.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import shutil
import tempfile
import time
from pathlib import Path

import uvloop

from collectors.collection import Collection
from collectors.driver import Site
from collectors.drivers.dlt645 import Dlt645Driver
from collectors.gateway import FieldGateway
from collectors.gather import GatherReadings
from collectors.lines import stream_line
from collectors.profiles import Dlt645Profile
from collectors.quarantine import Quarantine
from headend import shipped
from headend.clock import SystemClock
from headend.commands.event_loop import calm_collector
from headend.domain.metering import Protocol
from headend.live_feed import InProcessFeed
from headend.services.accept_readings import AcceptReadings
from headend.services.meter_facts import MeterFacts
from headend.stores.readings import DuckDbReadingStore
from tests.benches.head_end_parts import ROOT, ZONE, loopback, registered
from tests.benches.measured import Line, Size
from tests.fakes.memory_stores import MemoryEventLog
from tests.fakes.processes import HEADEND, running

GATEWAYS = 500
FLEETS = (1_000, 10_000, 100_000)
LIMIT_S, LIMIT_METERS = 60.0, 100_000
REGISTERS = ("00010000", "00020000", "00050000", "00060000")  # active import and export, reactive of two quadrants
PROFILE = Dlt645Profile("dlt645-2007", "four registers", REGISTERS)
PATTERNS = 64


def fleet(size: Size) -> list[Line]:
    """Each size of fleet once: the figure is a whole pass, and it is long."""
    found = []
    for meters in FLEETS:
        count = max(GATEWAYS, size.of(meters))
        folder = Path(tempfile.mkdtemp(prefix="headend-bench-", dir=size.data))
        command = [
            HEADEND,
            "simulate",
            "--protocol",
            "dlt645",
            "--listen",
            "tcp://0.0.0.0:0",
            "--patterns",
            str(PATTERNS),
        ]
        try:
            with running([*command, "--meters", str(count)], "listening on") as (_, line):
                port = int(line.rsplit(":", 1)[1])
                found.append(_line(size, count, uvloop.run(_seconds(folder, port, count))))
        finally:
            shutil.rmtree(folder)
    return found


def _line(size: Size, meters: int, seconds: float) -> Line:
    limit = LIMIT_S * meters / LIMIT_METERS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Line(
        bench=f"fleet_{meters}",
        ours=round(meters / seconds, 1),
        peer=round(meters / limit, 1),
        peer_name=f"{LIMIT_METERS} meters in {LIMIT_S:.0f} s; {seconds:.1f} s, peak {peak} MiB",
        ratio=round(limit / seconds, 3),
        unit="meters/s",
        seed=size.seed,
    )


async def _seconds(folder: Path, port: int, meters: int) -> float:
    """From the first request until the last reading is durable."""
    calm_collector()
    clock = SystemClock()
    registry, installations = await registered(loopback(GATEWAYS, port), meters // GATEWAYS)
    types = shipped.reading_types(ROOT)
    store = DuckDbReadingStore(folder / "readings.duckdb", types)
    await store.open()
    driver = Dlt645Driver({PROFILE.name: PROFILE}, Site(types, ZONE, clock.now))
    gateway = FieldGateway(
        {"tcp": lambda url, told, sink: stream_line(url, {Protocol.DLT645: driver}, clock, told)}, clock=clock
    )
    events = MemoryEventLog()
    gather = GatherReadings(
        AcceptReadings(
            store,
            shipped.rule_book(ROOT),
            MeterFacts(registry),
            types,
            clock=clock,
            events=events,
            feed=InProcessFeed(),
        )
    )
    collection = Collection(gateway, gather, clock=clock, events=events, quarantine=Quarantine())
    owners = asyncio.gather(gateway.run(), gather.run())
    await gateway.is_running.wait()
    began = time.perf_counter()
    report = await collection.registers(installations)
    seconds = time.perf_counter() - began
    assert report.answered == len(installations), report
    assert report.readings == len(REGISTERS) * len(installations), report
    owners.cancel()
    await asyncio.gather(owners, return_exceptions=True)
    await store.close()
    gc.unfreeze()
    return seconds
