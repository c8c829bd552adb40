"""C04: the server's wall clock is set by an hour, to and fro, again and again while meters are collected.

Violations: a meter without a live reading for more than two intervals, a reading that its meter did not tell within 2 s
of the time that it bears (by its own clock), a told value that is stored twice. Only our wall clock jumps.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from headend.domain.instants import from_us
from headend.domain.readings import SOURCES, ReadingSource
from tests.campaigns.bad_days import PROFILE
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.scenarios.world import TYPES, World, WorldPlan, live

METERS = 20
HOUR = timedelta(hours=1)
SLOT_S, SLACK_S = 900.0, 120.0
BETWEEN_S = (60, 2400)  # seconds between two jumps
NEAR, FARTHEST = timedelta(seconds=2), timedelta(seconds=10)  # clocks tell whole seconds, and are off by some
ONE_SESSION = timedelta(seconds=1)  # a register is read twice in it
IMPORT = TYPES.by_name("active_energy_import")


class JumpingClock(VirtualClock):
    """A wall clock that somebody sets; waiting and monotonic time know nothing of it."""

    wrong_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.wrong_by


def run(seed: int, tried: int) -> Verdict:
    """`tried` jumps of an hour."""
    watch, chance = Stopwatch(), Random(seed)
    waits = [chance.randrange(*BETWEEN_S) + chance.random() for _ in range(tried)]
    plan = WorldPlan(seed=seed, lines=1, meters_per_line=METERS, profile=PROFILE, clock=JumpingClock)

    async def jumps(world: World) -> None:
        assert isinstance(world.clock, JumpingClock)
        for wait in waits:
            await asyncio.sleep(wait)
            there = world.clock.wrong_by
            world.clock.wrong_by = chance.choice([HOUR, -HOUR]) if not there else timedelta()
        await asyncio.Event().wait()

    world = run_virtual(live(plan, sum(waits) / 3600 + 0.6, jumps))
    return watch.verdict("C04", seed, tried, _judged(world))


def _judged(world: World) -> list[str]:
    polls: dict[int, list[datetime]] = defaultdict(list)
    address = {one.id: one.meter.server_address for one in world.registry.known}
    clocks = {number: world.meters[name].clock for number, name in address.items()}
    bad, used = [], set[tuple[int, datetime]]()
    for versions in world.stored.versions:
        row = versions[-1]
        if row[1] != IMPORT.id or SOURCES[row[6]] is not ReadingSource.SCHEDULED:
            continue
        measured, value = from_us(row[2]), IMPORT.unscale(row[4])
        polls[row[0]].append(measured)
        told = [
            at
            for at in _told(world, address[row[0]], measured, value)
            if abs(at + clocks[row[0]].offset(at) - measured) <= NEAR
        ]
        fresh = [at for at in told if (row[0], at) not in used]
        if not told:
            bad.append(f"meter {row[0]} told no {value} near {measured}")
        elif len(versions) > 1 or not fresh:
            bad.append(f"meter {row[0]} told {value} at {told[0]} once, and it is stored twice")
        else:
            used |= {(row[0], at) for at in fresh if abs(at - fresh[0]) <= ONE_SESSION}
    for meter in address:
        times = [world.plan.start, *sorted(polls[meter])]
        bad += [
            f"meter {meter} was not read from {one} to {next_one}"
            for one, next_one in pairwise(times)
            if (next_one - one).total_seconds() > 2 * SLOT_S + SLACK_S
        ]
    return bad


def _told(world: World, address: str, measured: datetime, value: Decimal) -> Iterator[datetime]:
    """When the meter told this value, newest first."""
    for at, registers in world.witness.told_before(address, measured + FARTHEST):
        if measured - at > FARTHEST:
            return
        if registers.get(IMPORT.name) == value:
            yield at
