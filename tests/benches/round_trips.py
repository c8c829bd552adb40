"""Round trips of one register over 1, 50 and 200 TCP connections: the shipped path, a bare Protocol, a package.

Everybody is a process of its own: the meters, which cost next to nothing, and each contender. Ours runs on the loop
that ships (uvloop), the package on asyncio's own, the bare Protocol on both.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from collectors.gateway import FieldGateway
from headend.commands.event_loop import calm_collector
from headend.domain.metering import MeterInstallation
from protocols import dlt645
from tests.benches import bare_protocol, foreign_round_trips
from tests.benches.alone import Loop, Work, alone
from tests.benches.head_end_parts import loopback, registered, running_gateway
from tests.benches.measured import OURS, Line, Size, in_turn, lines
from tests.benches.quick_meters import quick_meters

CONNECTIONS = (1, 50, 200)
ROUND_TRIPS = 30_000
REPEATS = 3
ENERGY = "00010000"
PREAMBLE = bytes.fromhex("FEFEFEFE")
DEADLINE_S = 20.0
BARE = "bare asyncio Protocol"


def round_trips(size: Size) -> list[Line]:
    """Each number of connections, one after the other."""
    found: list[Line] = []
    with quick_meters("dlt645") as port:
        for connections in CONNECTIONS:
            rates = _rates(size, loopback(connections, port))
            found += lines(f"round_trips_{connections}", "round trips/s", size.seed, rates)
    return found


def _rates(size: Size, addresses: Sequence[tuple[str, int]]) -> dict[str, float]:
    """Every contender on the loop that its users run it on."""
    each = max(1, size.of(ROUND_TRIPS) // len(addresses))
    meters = [f"{1 + number:012d}" for number in range(len(addresses))]
    requests = [dlt645.encode(dlt645.read(meter, ENERGY)) for meter in meters]
    bare = (bare_protocol.contender, addresses, requests, each)
    package = (foreign_round_trips.contender, addresses, meters, each)
    with contextlib.ExitStack() as running:
        contenders = {
            OURS: running.enter_context(alone(Loop.UVLOOP, contender, addresses, each)),
            f"{BARE}, {Loop.STANDARD}": running.enter_context(alone(Loop.STANDARD, *bare)),
            f"{BARE}, {Loop.UVLOOP}": running.enter_context(alone(Loop.UVLOOP, *bare)),
            foreign_round_trips.NAME: running.enter_context(alone(Loop.STANDARD, *package)),
        }
        return dict(in_turn(Size(size.data, size.seed, size.share, min(size.repeats, REPEATS)), contenders))


@asynccontextmanager
async def contender(addresses: Sequence[tuple[str, int]], each: int) -> AsyncIterator[Work]:
    """Ours: gateway, queue, deadline, driver, matching, exact value, both frames, both times."""
    _, installations = await registered(addresses, 1)
    calm_collector()  # as every command of ours does
    async with running_gateway() as gateway:
        yield lambda: _read(gateway, installations, each)


async def _read(gateway: FieldGateway, installations: Sequence[MeterInstallation], each: int) -> int:
    async def read(installation: MeterInstallation) -> int:
        trips = 0
        while trips < each:
            result = (await gateway.read(installation, [ENERGY], DEADLINE_S)).results[0]
            assert result.text == "1234.56" and result.frame is not None
            trips += result.frame.request.count(PREAMBLE)  # a register is read twice: two exchanges
        return trips

    return sum(await asyncio.gather(*map(read, installations)))
