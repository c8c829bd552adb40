"""P11: one line of many babbles without end; the meters of the others are read as often and as fast as without it.

On virtual time: it proves that no line waits for another, not what the babble costs the processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headend.domain.readings import SOURCE_CODE, ReadingSource
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import Faults, Span
from tests.scenarios.world import SHIPPED_PROFILE, TYPES, WorldPlan, live

METERS_PER_LINE = 2
QUARTER_US, QUARTERS_AN_HOUR = 900_000_000, 4
BABBLE = Faults(babble=[Span(0, float("inf"))])
LEAST_SUCCESS, MOST_SLOWER = 0.999, 1.1
PROFILE = replace(SHIPPED_PROFILE, periodic=("clock", "0001FF00"))


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Of scheduled reads: how many came, and after how many seconds 99 of 100 had come."""

    came: int
    p99_s: float


def run(seed: int, tried: int, babbling: Sequence[int] = (0,), lines: int = 64) -> Verdict:
    """`tried` hours of a site, with and without the babble; counted are the scheduled reads on the quiet lines."""
    watch = Stopwatch()
    quiet = range(1, lines)
    without = run_virtual(_collected(seed, tried, lines, (), quiet))
    beside = run_virtual(_collected(seed, tried, lines, babbling, quiet))
    expected = len(quiet) * METERS_PER_LINE * tried * QUARTERS_AN_HOUR
    bad = []
    if beside.came < LEAST_SUCCESS * expected:
        bad.append(f"{beside.came} of {expected} reads came")
    if beside.p99_s > MOST_SLOWER * without.p99_s:
        bad.append(f"p99 {beside.p99_s:.3f} s instead of {without.p99_s:.3f} s")
    return watch.verdict("P11", seed, expected, bad)


async def _collected(seed: int, hours: int, lines: int, babbling: Sequence[int], judged: range) -> Punctuality:
    plan = WorldPlan(
        seed=seed,
        lines=lines,
        meters_per_line=METERS_PER_LINE,
        profile=PROFILE,
        faults_on=dict.fromkeys(babbling, BABBLE),
    )
    world = await live(plan, hours - 0.01)
    kind, source = TYPES.by_name("active_energy_import").id, SOURCE_CODE[ReadingSource.SCHEDULED]
    judged_meters = {1 + line * METERS_PER_LINE + n for line in judged for n in range(METERS_PER_LINE)}
    rows = [versions[0] for versions in world.stored.versions]
    after = [r[3] % QUARTER_US / 1e6 for r in rows if r[0] in judged_meters and r[1] == kind and r[6] == source]
    return Punctuality(len(after), float(np.percentile(after, 99)) if after else float("inf"))
