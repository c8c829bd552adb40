"""Modbus TCP round trips over 1, 50 and 200 connections: the shipped path against pymodbus's own client alone.

Ours runs on uvloop, as `headend serve` does: gateway, queue, deadline, matching, exact value, reading. pymodbus reads
two registers and compares them, on uvloop and on the standard loop, which its users get.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence

import uvloop
from pymodbus.client import AsyncModbusTcpClient

from collectors.gateway import FieldGateway
from headend.domain.metering import MeterInstallation, Protocol
from tests.benches.head_end_parts import loopback, running_gateway
from tests.benches.measured import OURS, Line, Size, in_turn, lines
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.processes import running

CONNECTIONS = (1, 50, 200)
ROUND_TRIPS = 20_000
REPEATS = 3
DEADLINE_S = 20.0
ITEM, TEXT, ADDRESS, WORDS = "voltage_l1", "230.2", 0, [0x4366, 0x3334]
NAME = "pymodbus 3.16.1, AsyncModbusTcpClient alone"


def modbus_round_trips(size: Size) -> list[Line]:
    """Each number of connections, one after the other."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    found: list[Line] = []
    with running([sys.executable, "-m", "tests.benches.quick_modbus_meters"], "listening on") as (_, line):
        port = int(line.split()[-1])
        for connections in CONNECTIONS:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as quick, asyncio.Runner() as standard:
                rates = _rates(size, loopback(connections, port), quick, standard)
            found += lines(f"modbus_round_trips_{connections}", "round trips/s", size.seed, rates)
    return found


def _rates(
    size: Size, addresses: Sequence[tuple[str, int]], quick: asyncio.Runner, standard: asyncio.Runner
) -> dict[str, float]:
    each = max(1, size.of(ROUND_TRIPS) // len(addresses))
    gateway_context = running_gateway()
    gateway, installations = quick.run(gateway_context.__aenter__()), quick.run(_installations(addresses))
    on_quick, on_standard = quick.run(_clients(addresses)), standard.run(_clients(addresses))
    contenders: dict[str, Callable[[], int]] = {
        OURS: lambda: quick.run(_ours(gateway, installations, each)),
        f"{NAME}, uvloop": lambda: quick.run(_foreign(on_quick, each)),
        f"{NAME}, standard loop": lambda: standard.run(_foreign(on_standard, each)),
    }
    rates = in_turn(Size(size.data, size.seed, size.share, min(size.repeats, REPEATS)), contenders)
    for runner, clients in ((quick, on_quick), (standard, on_standard)):
        runner.run(_close(clients))
    quick.run(gateway_context.__aexit__(None, None, None))
    return dict(rates)


async def _installations(addresses: Sequence[tuple[str, int]]) -> Sequence[MeterInstallation]:
    registry = MemoryMeterRegistry()
    await registry.register(
        [
            registration(
                1 + number,
                protocol=Protocol.MODBUS,
                profile="eastron-sdm630",
                server_address="1",
                line_url=f"tcp://{host}:{port}",
            )
            for number, (host, port) in enumerate(addresses)
        ]
    )
    return await registry.installations()


async def _clients(addresses: Sequence[tuple[str, int]]) -> list[AsyncModbusTcpClient]:
    clients = [AsyncModbusTcpClient(host, port=port, timeout=5, retries=0) for host, port in addresses]
    assert all(await asyncio.gather(*(client.connect() for client in clients)))
    return clients


async def _close(clients: Sequence[AsyncModbusTcpClient]) -> None:
    for client in clients:
        client.close()


async def _ours(gateway: FieldGateway, installations: Sequence[MeterInstallation], each: int) -> int:
    async def read(installation: MeterInstallation) -> int:
        good = 0
        for _ in range(each):
            answer = await gateway.read(installation, [ITEM], DEADLINE_S)
            good += answer.results[0].text == TEXT
        return good

    good = sum(await asyncio.gather(*map(read, installations)))
    assert good == each * len(installations)
    return good


async def _foreign(clients: Sequence[AsyncModbusTcpClient], each: int) -> int:
    async def read(client: AsyncModbusTcpClient) -> int:
        good = 0
        for _ in range(each):
            reply = await client.read_input_registers(ADDRESS, count=len(WORDS), device_id=1)
            good += reply.registers == WORDS
        return good

    good = sum(await asyncio.gather(*map(read, clients)))
    assert good == each * len(clients)
    return good
