"""Round trips of one register over 1, 50 and 200 TCP connections: the shipped path, a bare Protocol, a package.

The meters are a process of their own and cost next to nothing. Ours runs on the loop that ships (uvloop), the others
on asyncio's own; the bare Protocol on both.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvloop
from dlt645.aio import AsyncMeterClientService  # type: ignore[import-untyped]  # has no stubs

from collectors.gateway import FieldGateway
from headend.domain.metering import MeterInstallation
from protocols import dlt645
from tests.benches import foreign
from tests.benches.bare_protocol import BareClient, connected
from tests.benches.head_end_parts import loopback, registered, running_gateway
from tests.benches.measured import OURS, Line, Size, in_turn, lines
from tests.fakes.processes import running

CONNECTIONS = (1, 50, 200)
ROUND_TRIPS = 30_000
REPEATS = 3
ENERGY = "00010000"
PREAMBLE = bytes.fromhex("FEFEFEFE")
DEADLINE_S = 20.0
BARE = "bare asyncio Protocol"


def round_trips(size: Size) -> list[Line]:
    """Each number of connections, one after the other."""
    foreign.be_quiet()
    found: list[Line] = []
    with running([sys.executable, "-m", "tests.benches.quick_meters"], "listening on") as (_, line):
        port = int(line.split()[-1])
        for connections in CONNECTIONS:
            rates = _rates(size, connections, port)
            found += lines(f"round_trips_{connections}", "round trips/s", size.seed, rates)
    return found


def _rates(size: Size, connections: int, port: int) -> dict[str, float]:
    """Every contender on the loop that its users run it on, ours on uvloop as shipped."""
    addresses = loopback(connections, port)
    each = max(1, size.of(ROUND_TRIPS) // connections)
    with contextlib.ExitStack() as open_ends:
        contenders = {
            OURS: _prepared(open_ends, uvloop.new_event_loop, lambda: _our_contender(addresses, each)),
            BARE + ", standard loop": _prepared(open_ends, None, lambda: _bare_contender(addresses, each)),
            BARE + ", uvloop": _prepared(open_ends, uvloop.new_event_loop, lambda: _bare_contender(addresses, each)),
            foreign.NAME + ", async, one table shared": _prepared(
                open_ends, None, lambda: _foreign_contender(addresses, each)
            ),
        }
        return dict(in_turn(Size(size.data, size.seed, size.share, min(size.repeats, REPEATS)), contenders))


def _prepared(
    open_ends: contextlib.ExitStack,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
    contender: Callable[[], AbstractAsyncContextManager[Callable[[], Awaitable[int]]]],
) -> Callable[[], int]:
    """One round of a contender, connected beforehand on a loop of its own."""
    runner = open_ends.enter_context(asyncio.Runner(loop_factory=loop_factory))
    ready = contender()

    async def one_round(work: Callable[[], Awaitable[int]]) -> int:
        return await work()

    work = runner.run(ready.__aenter__())
    open_ends.callback(lambda: runner.run(ready.__aexit__(None, None, None)))
    return lambda: runner.run(one_round(work))


@asynccontextmanager
async def _our_contender(
    addresses: Sequence[tuple[str, int]], each: int
) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    _, installations = await registered(addresses, 1)
    async with running_gateway() as gateway:
        yield lambda: _ours(gateway, installations, each)


@asynccontextmanager
async def _bare_contender(
    addresses: Sequence[tuple[str, int]], each: int
) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    _, installations = await registered(addresses, 1)
    clients = await connected(addresses)
    yield lambda: _bare(clients, installations, each)
    for client in clients:
        client.close()


@asynccontextmanager
async def _foreign_contender(
    addresses: Sequence[tuple[str, int]], each: int
) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    _, installations = await registered(addresses, 1)
    clients = foreign.clients(addresses)
    for client, installation in zip(clients, installations, strict=True):
        client.set_address(foreign.address_of(installation.meter.server_address))
    yield lambda: _foreign(clients, each)
    await asyncio.gather(*(client.disconnect() for client in clients))


async def _ours(gateway: FieldGateway, installations: Sequence[MeterInstallation], each: int) -> int:
    async def read(installation: MeterInstallation) -> int:
        trips = 0
        while trips < each:
            result = (await gateway.read(installation, [ENERGY], DEADLINE_S)).results[0]
            assert result.text == "1234.56" and result.frame is not None
            trips += result.frame.request.count(PREAMBLE)  # a register is read twice: two exchanges
        return trips

    return sum(await asyncio.gather(*map(read, installations)))


async def _bare(clients: Sequence[BareClient], installations: Sequence[MeterInstallation], each: int) -> int:
    requests = [[dlt645.encode(dlt645.read(i.meter.server_address, ENERGY))] * each for i in installations]
    return sum(await asyncio.gather(*(c.exchange(r) for c, r in zip(clients, requests, strict=True))))


async def _foreign(clients: Sequence[AsyncMeterClientService], each: int) -> int:
    async def read(client: AsyncMeterClientService) -> int:
        good = 0
        for _ in range(each):
            item = await client.read_00(int(ENERGY, 16))
            good += item is not None and item.value == 1234.56
        return good

    good = sum(await asyncio.gather(*map(read, clients)))
    assert good == each * len(clients)
    return good
