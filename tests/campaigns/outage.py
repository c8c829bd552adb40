"""C05: the head-end is away for 48 hours and comes back. Live reads stay on time, and what was missed is had in a day.

Violations: a slot of any meter that is missing a day after the return, a stored value that its meter never showed, a
live read of the first day that is more than five minutes late on more than one slot in twenty, a frame that commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from headend.domain.instants import from_us
from headend.domain.metering import MeterInstallation
from headend.domain.readings import ReadingSource, source_of
from protocols.dlt645 import functions
from tests.campaigns.bad_days import METERS_PER_LINE, PROFILE
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import BAD, HOUR_S
from tests.scenarios.judge import LATEST, judge
from tests.scenarios.world import World, WorldPlan, lines_of

BEFORE_H, AWAY_H, AFTER_H, SETTLING_H = 6, 48, 24, 0.4
SLOT = timedelta(minutes=15)
ON_TIME, MOST_LATE = timedelta(minutes=5), 0.05
READS = frozenset({functions.READ, functions.READ_FOLLOW_UP, functions.READ_ADDRESS})


def run(seed: int, tried: int) -> Verdict:
    """`tried` meters, whole lines of twenty."""
    watch = Stopwatch()
    lines = max(1, tried // METERS_PER_LINE)
    plan = WorldPlan(seed=seed, lines=lines, meters_per_line=METERS_PER_LINE, profile=PROFILE, faults=BAD)
    return watch.verdict("C05", seed, lines * METERS_PER_LINE, run_virtual(_lived(plan)))


async def _lived(plan: WorldPlan) -> list[str]:
    async with lines_of(plan) as world:
        await _collect(world, BEFORE_H)
        await asyncio.sleep(AWAY_H * HOUR_S)
        back = world.clock.now()
        await _collect(world, AFTER_H + SETTLING_H)
        found = await judge(world, plan.start, back + timedelta(hours=AFTER_H), lateness=LATEST)
        bad = [*found.wrong, *found.doubled, *found.missing]
        return bad + _late(world, await world.registry.installations(), back) + _commands(world)


async def _collect(world: World, hours: float) -> None:
    collecting = asyncio.create_task(world.supervisor.run())
    await asyncio.wait([collecting], timeout=hours * HOUR_S)
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)


def _late(world: World, installations: Sequence[MeterInstallation], back: datetime) -> list[str]:
    """Of the slots since the return, those whose live read was late or never came, if they are too many."""
    first = datetime.fromtimestamp(-(-back.timestamp() // SLOT.total_seconds()) * SLOT.total_seconds(), UTC)
    slots = range(int(AFTER_H * 4) - 1)
    numbers = [installation.id for installation in installations]
    due = {(number, slot) for number in numbers for slot in slots}
    for versions in world.stored.versions:
        row = versions[0]
        slot, behind = divmod(from_us(row[3]) - first, SLOT)
        if source_of(row[6]) is ReadingSource.SCHEDULED and behind <= ON_TIME:
            due.discard((row[0], slot))
    all_due = len(numbers) * len(slots)
    return [f"{len(due)} of {all_due} live reads late"] if len(due) > MOST_LATE * all_due else []


def _commands(world: World) -> list[str]:
    """Requests on any line that do more than read."""
    return [
        f"{count} requests of function {code:02X}" for code, count in world.log.functions.items() if code not in READS
    ]
