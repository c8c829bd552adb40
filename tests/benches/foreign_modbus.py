"""pymodbus's own asynchronous client reading two registers over many connections. Nothing of ours in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pymodbus.client import AsyncModbusTcpClient

from tests.benches.alone import Work

NAME = "pymodbus 3.16.1, AsyncModbusTcpClient alone"
ADDRESS, WORDS = 0, [0x4366, 0x3334]


@asynccontextmanager
async def contender(addresses: Sequence[tuple[str, int]], each: int) -> AsyncIterator[Work]:
    """A client a connection."""
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    clients = [AsyncModbusTcpClient(host, port=port, timeout=5, retries=0) for host, port in addresses]
    assert all(await asyncio.gather(*(client.connect() for client in clients)))
    yield lambda: _read(clients, each)
    for client in clients:
        client.close()


async def _read(clients: Sequence[AsyncModbusTcpClient], each: int) -> int:
    async def read(client: AsyncModbusTcpClient) -> int:
        good = 0
        for _ in range(each):
            reply = await client.read_input_registers(ADDRESS, count=len(WORDS), device_id=1)
            good += reply.registers == WORDS
        return good

    good = sum(await asyncio.gather(*map(read, clients)))
    assert good == each * len(clients)
    return good
