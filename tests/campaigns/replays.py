"""L10: the same seed twice is the same run, byte for byte on every wire and event for event."""

from __future__ import annotations

import hashlib

from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import BAD
from tests.scenarios.world import World, WorldPlan, live

HOURS = 3


def run(seed: int, tried: int) -> Verdict:
    """`tried` seeds from this one on."""
    watch, bad, seen = Stopwatch(), list[str](), set[str]()
    for one in range(seed, seed + tried):
        first, second = history(one), history(one)
        if first != second:
            bad.append(f"seed {one}: {first} and {second}")
        if first in seen:
            bad.append(f"seed {one} is the history of another seed")
        seen.add(first)
    return watch.verdict("L10", seed, tried, bad)


def history(seed: int) -> str:
    """The hash of all that happened."""
    return run_virtual(_history(seed))


async def _history(seed: int) -> str:
    world = await live(WorldPlan(seed=seed, lines=2, meters_per_line=3, faults=BAD), HOURS)
    return hashlib.sha256("\n".join([world.log.sha256, *await _events(world), *_rows(world)]).encode()).hexdigest()


async def _events(world: World) -> list[str]:
    return [f"{e.id} {e.occurred_at} {e.kind} {e.installation_id} {e.detail}" for e in await world.events.recent(10**6)]


def _rows(world: World) -> list[str]:
    return [repr(versions) for versions in world.stored.versions]
