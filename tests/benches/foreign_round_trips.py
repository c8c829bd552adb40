"""The PyPI package `dlt645` reading a register over many connections, on its own. Nothing of ours in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from dlt645.aio import AsyncMeterClientService  # type: ignore[import-untyped]  # has no stubs

from tests.benches import foreign
from tests.benches.alone import Work

NAME = f"{foreign.NAME}, async, one table shared"
ENERGY = 0x00010000


@asynccontextmanager
async def contender(addresses: Sequence[tuple[str, int]], meters: Sequence[str], each: int) -> AsyncIterator[Work]:
    """A client a connection, each reading its meter."""
    foreign.be_quiet()
    clients = foreign.clients(addresses)
    for client, meter in zip(clients, meters, strict=True):
        client.set_address(foreign.address_of(meter))
    yield lambda: _read(clients, each)
    await asyncio.gather(*(client.disconnect() for client in clients))


async def _read(clients: Sequence[AsyncMeterClientService], each: int) -> int:
    async def read(client: AsyncMeterClientService) -> int:
        good = 0
        for _ in range(each):
            item = await client.read_00(ENERGY)
            good += item is not None and item.value == 1234.56
        return good

    good = sum(await asyncio.gather(*map(read, clients)))
    assert good == each * len(clients)
    return good
