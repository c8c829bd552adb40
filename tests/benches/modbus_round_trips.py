"""Modbus TCP round trips over 1, 50 and 200 connections: the shipped path against pymodbus's own client alone.

Ours runs on uvloop, as `headend serve` does: gateway, queue, deadline, matching, exact value, reading. pymodbus reads
two registers and compares them, on uvloop and on the standard loop, which its users get. Everybody is
a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from collectors.gateway import FieldGateway
from headend.commands.event_loop import calm_collector
from headend.domain.metering import MeterInstallation, Protocol
from tests.benches import foreign_modbus
from tests.benches.alone import Loop, Work, alone
from tests.benches.head_end_parts import loopback, running_gateway
from tests.benches.measured import OURS, Line, Size, in_turn, lines
from tests.benches.quick_meters import quick_meters
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import registration

CONNECTIONS = (1, 50, 200)
ROUND_TRIPS = 20_000
REPEATS = 3
DEADLINE_S = 20.0
ITEM, TEXT = "voltage_l1", "230.2"


def modbus_round_trips(size: Size) -> list[Line]:
    """Each number of connections, one after the other."""
    found: list[Line] = []
    with quick_meters("modbus") as port:
        for connections in CONNECTIONS:
            rates = _rates(size, loopback(connections, port))
            found += lines(f"modbus_round_trips_{connections}", "round trips/s", size.seed, rates)
    return found


def _rates(size: Size, addresses: Sequence[tuple[str, int]]) -> dict[str, float]:
    each = max(1, size.of(ROUND_TRIPS) // len(addresses))
    with contextlib.ExitStack() as running:
        contenders = {OURS: running.enter_context(alone(Loop.UVLOOP, contender, addresses, each))}
        for loop in (Loop.UVLOOP, Loop.STANDARD):
            package = alone(loop, foreign_modbus.contender, addresses, each)
            contenders[f"{foreign_modbus.NAME}, {loop}"] = running.enter_context(package)
        return dict(in_turn(Size(size.data, size.seed, size.share, min(size.repeats, REPEATS)), contenders))


@asynccontextmanager
async def contender(addresses: Sequence[tuple[str, int]], each: int) -> AsyncIterator[Work]:
    """Ours."""
    installations = await _installations(addresses)
    calm_collector()  # as every command of ours does
    async with running_gateway() as gateway:
        yield lambda: _read(gateway, installations, each)


async def _installations(addresses: Sequence[tuple[str, int]]) -> Sequence[MeterInstallation]:
    registry = MemoryMeterRegistry()
    rows = [
        registration(
            1 + number,
            protocol=Protocol.MODBUS,
            profile="eastron-sdm630",
            server_address="1",
            line_url=f"tcp://{host}:{port}",
        )
        for number, (host, port) in enumerate(addresses)
    ]
    await registry.register(rows)
    return await registry.installations()


async def _read(gateway: FieldGateway, installations: Sequence[MeterInstallation], each: int) -> int:
    async def read(installation: MeterInstallation) -> int:
        good = 0
        for _ in range(each):
            answer = await gateway.read(installation, [ITEM], DEADLINE_S)
            good += answer.results[0].text == TEXT
        return good

    good = sum(await asyncio.gather(*map(read, installations)))
    assert good == each * len(installations)
    return good
