"""Ours beside a whole gateway of somebody else: Modbus meters through line, rules and store, each value on disk."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from collectors.collection import Collection
from collectors.driver import Site
from collectors.drivers.modbus import ModbusDriver
from collectors.gateway import FieldGateway
from collectors.gather import GatherReadings
from collectors.lines import stream_line
from collectors.profiles import ModbusProfile
from collectors.quarantine import Quarantine
from headend import shipped
from headend.clock import SystemClock
from headend.commands.event_loop import calm_collector
from headend.domain.metering import MeterInstallation, MeterRegistration, Protocol
from headend.live_feed import InProcessFeed
from headend.services.accept_readings import AcceptReadings
from headend.services.meter_facts import MeterFacts
from headend.stores.readings import DuckDbReadingStore
from tests.benches.alone import Work
from tests.benches.head_end_parts import ROOT, ZONE
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration

PROFILE = "eastron-sdm630"


@asynccontextmanager
async def contender(addresses: Sequence[tuple[str, int]], values: int, passes: int, data: Path) -> AsyncIterator[Work]:
    """`passes` over all meters, each asked for its first `values` registers in one request."""
    calm_collector()
    clock, registry, events = SystemClock(), MemoryMeterRegistry(), MemoryEventLog()
    await registry.register([_meter(number, *address) for number, address in enumerate(addresses, start=1)])
    installations = await registry.installations()
    types = shipped.reading_types(ROOT)
    driver = ModbusDriver({PROFILE: _shortened(values)}, Site(types, ZONE, clock.now))
    makers = {"tcp": lambda url, told, sink: stream_line(url, {Protocol.MODBUS: driver}, clock, told)}
    with tempfile.TemporaryDirectory(prefix="headend-bench-", dir=data) as folder:
        store = DuckDbReadingStore(Path(folder) / "readings.duckdb", types)
        await store.open()
        rules, feed = shipped.rule_book(ROOT), InProcessFeed()
        accept = AcceptReadings(store, rules, MeterFacts(registry), types, clock=clock, events=events, feed=feed)
        gateway, gather = FieldGateway(makers, clock=clock), GatherReadings(accept)
        collection = Collection(gateway, gather, clock=clock, events=events, quarantine=Quarantine())
        owners = asyncio.gather(gateway.run(), gather.run())
        await gateway.is_running.wait()
        yield lambda: _passes(collection, installations, passes, values)
        owners.cancel()
        await asyncio.gather(owners, return_exceptions=True)
        await store.close()


async def _passes(collection: Collection, installations: Sequence[MeterInstallation], passes: int, values: int) -> int:
    """The values that are durable when it returns."""
    kept = 0
    for _ in range(passes):
        report = await collection.registers(installations)
        kept += report.readings
    assert kept == passes * values * len(installations), (kept, passes, values)
    return kept


def _shortened(values: int) -> ModbusProfile:
    shipped_profile = shipped.telling_profiles(ROOT, "modbus", ModbusProfile, shipped.reading_types(ROOT))[PROFILE]
    return replace(shipped_profile, registers=shipped_profile.registers[:values])


def _meter(number: int, host: str, port: int) -> MeterRegistration:
    return registration(
        number, protocol=Protocol.MODBUS, profile=PROFILE, server_address="1", line_url=f"tcp://{host}:{port}"
    )
