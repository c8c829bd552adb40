"""C01: days of a fleet with 2 % loss, 1 % doubled, 1 % late, 0.1 % garbled: complete after backfill, exact, single."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from collectors.drivers.dlt645 import Dlt645Driver
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import BAD
from tests.scenarios.judge import LATEST, Findings, judge
from tests.scenarios.world import SHIPPED_PROFILE, MakeDriver, WorldPlan, live

METERS_PER_LINE = 20
SLOTS_A_DAY = 96
SETTLING_H = 0.4  # after the last midnight: until backfill has had its round
PROFILE = replace(SHIPPED_PROFILE, periodic=("clock", "00010000"))


def run(seed: int, tried: int, days: int = 2, driver: MakeDriver = Dlt645Driver) -> Verdict:
    """`tried` meters (whole lines of twenty) for some days; counted are the slots."""
    watch = Stopwatch()
    lines = max(1, tried // METERS_PER_LINE)
    plan = WorldPlan(
        seed=seed, lines=lines, meters_per_line=METERS_PER_LINE, profile=PROFILE, faults=BAD, driver=driver
    )
    found = run_virtual(_lived(plan, days))
    slots = lines * METERS_PER_LINE * SLOTS_A_DAY * days
    return watch.verdict("C01", seed, slots, [*found.wrong, *found.doubled, *found.missing])


async def _lived(plan: WorldPlan, days: int) -> Findings:
    world = await live(plan, 24 * days + SETTLING_H)
    return await judge(world, plan.start, plan.start + timedelta(days=days), lateness=LATEST)
