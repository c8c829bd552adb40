"""P10: a converter that lets us hear ourselves, all of it or a piece, before every reply. No read is lost or wrong."""

from __future__ import annotations

from random import Random

from collectors.drivers.dlt645 import Dlt645Driver
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.campaigns.wire_reads import read_some
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import Echo, Faults
from tests.scenarios.world import MakeDriver, WorldPlan, lines_of

KINDS = (Echo.FULL, Echo.PARTIAL)


def run(seed: int, tried: int, driver: MakeDriver = Dlt645Driver) -> Verdict:
    """`tried` reads of one to three items, half with full echo, half with partial."""
    watch = Stopwatch()
    return watch.verdict("P10", seed, tried, run_virtual(_read(seed, tried, driver)))


async def _read(seed: int, tried: int, driver: MakeDriver) -> list[str]:
    chance, bad = Random(seed), list[str]()
    async with lines_of(WorldPlan(seed=seed, lines=1, meters_per_line=8, driver=driver)) as world:
        installations = await world.registry.installations()
        for count in range(tried):
            for pipe in world.pipes.values():
                pipe.faults = Faults(echo=KINDS[count % len(KINDS)])
            answer, wrong = await read_some(world, installations, chance)
            lost = [result for result in answer.results if result.error in ("no_answer", "invalid_data")]
            bad += wrong + [f"{answer.installation.meter.server_address} {r.item}: {r.reason}" for r in lost]
    return bad
