"""What thirty in a hundred dead meters on each line cost the live ones: a day's ninety-six cycles, back to back.

On virtual time with the shipped collection, profile and quarantine, so the figure is the waiting and not the machine's
speed. A rate is live meters read a second; the limit is the same live meters without any dead ones.
"""

from __future__ import annotations

import asyncio

from tests.benches.measured import Line, Size
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import Faults, hours
from tests.scenarios.world import FIRST_ADDRESS, WorldPlan, lines_of

CYCLES, LINES, METERS, DEAD_OF_TEN = 96, 2, 20, 3


def dead_neighbours(size: Size) -> list[Line]:
    """With the dead against without."""
    cycles = size.of(CYCLES)
    ours, limit = (run_virtual(_rate(size.seed, cycles, is_mixed=mixed)) for mixed in (True, False))
    return [
        Line(
            bench="dead_neighbours",
            ours=round(ours, 4),
            peer=round(limit, 4),
            peer_name=f"the same live meters alone, {cycles} cycles of virtual time",
            ratio=round(ours / limit, 4),
            unit="live meters/s",
            seed=size.seed,
        )
    ]


async def _rate(seed: int, cycles: int, *, is_mixed: bool) -> float:
    dead = {
        f"{FIRST_ADDRESS + line * METERS + n:012d}"
        for line in range(LINES)
        for n in range(METERS)
        if n % 10 < DEAD_OF_TEN
    }
    silent = {address: (hours(0, 10_000),) for address in dead}
    plan = WorldPlan(seed=seed, lines=LINES, meters_per_line=METERS, faults=Faults(silent=silent))
    async with lines_of(plan) as world:
        everybody = await world.registry.installations()
        asked = [i for i in everybody if is_mixed or i.meter.server_address not in dead]
        began, answered = asyncio.get_running_loop().time(), 0
        for _ in range(cycles):
            answered += (await world.collection.registers(asked)).answered
        elapsed = asyncio.get_running_loop().time() - began
    assert answered == cycles * (LINES * METERS - len(dead))
    return answered / elapsed
