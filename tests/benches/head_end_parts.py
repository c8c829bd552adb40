"""The shipped collection side on real sockets, put together for a bench as `headend serve` does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from collectors.gateway import FieldGateway
from headend import shipped
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.metering import MeterInstallation
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import registration

ROOT = shipped.config_root()
ZONE = ZoneInfo("Asia/Shanghai")


def loopback(connections: int, port: int) -> list[tuple[str, int]]:
    """Addresses of this machine, all of one listener: a line is known by its URL, so each needs its own."""
    return [(f"127.0.{1 + n // 250}.{1 + n % 250}", port) for n in range(connections)]


async def registered(
    lines: Sequence[tuple[str, int]], meters_per_line: int
) -> tuple[MemoryMeterRegistry, Sequence[MeterInstallation]]:
    """Meters of consecutive addresses from 1, spread over the lines in order."""
    registry = MemoryMeterRegistry()
    rows = [
        registration(1 + number * meters_per_line + n, line_url=f"tcp://{host}:{port}")
        for number, (host, port) in enumerate(lines)
        for n in range(meters_per_line)
    ]
    await registry.register(rows)
    return registry, await registry.installations()


@asynccontextmanager
async def running_gateway() -> AsyncIterator[FieldGateway]:
    """The way to all meters."""
    gateway = FieldGateway(build_field(ROOT, ZONE, SystemClock()).makers, clock=SystemClock())
    owner = asyncio.create_task(gateway.run())
    await gateway.is_running.wait()
    try:
        yield gateway
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)
