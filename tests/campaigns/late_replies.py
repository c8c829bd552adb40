"""P08: replies that come up to three time-outs late, of many registers and meters of one line, some of them doubled.

A violation is a value under a key that its meter did not tell it for. Commands do not exist yet, so no acknowledgement
can be taken for another's.
"""

from __future__ import annotations

from random import Random

from collectors.drivers.dlt645 import Dlt645Driver
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.campaigns.wire_reads import read_some
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import Faults
from tests.scenarios.world import MakeDriver, WorldPlan, lines_of

LATE = Faults(late=0.5, duplicated=0.1, lost_reply=0.05)


def run(seed: int, tried: int, driver: MakeDriver = Dlt645Driver) -> Verdict:
    """Until `tried` replies were late."""
    watch = Stopwatch()
    late, wrong = run_virtual(_read_until(seed, tried, driver))
    return watch.verdict("P08", seed, late, wrong)


async def _read_until(seed: int, tried: int, driver: MakeDriver) -> tuple[int, list[str]]:
    chance, wrong, late = Random(seed), list[str](), 0
    async with lines_of(WorldPlan(seed=seed, lines=1, meters_per_line=8, faults=LATE, driver=driver)) as world:
        installations = await world.registry.installations()
        while late < tried:
            _, found = await read_some(world, installations, chance)
            wrong += found
            late = sum(pipe.late for pipe in world.pipes.values())
    return late, wrong
