"""A quiet day and a bad day of a small site, judged against the simulated meters' own registers."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import BAD
from tests.scenarios.gullible_driver import GullibleDriver
from tests.scenarios.judge import LATEST, Findings, judge, listed_gaps
from tests.scenarios.world import WorldPlan, live

DAY = timedelta(days=1)


async def lived_day(plan: WorldPlan, lateness: timedelta | None = None) -> tuple[Findings, list[str]]:
    """What the judge finds in a day and what the head-end itself lists as missing, half an hour after midnight."""
    world = await live(plan, 24.5)
    findings = await judge(world, plan.start, plan.start + DAY, **({"lateness": lateness} if lateness else {}))
    return findings, list(await listed_gaps(world, plan.start, plan.start + DAY))


def test_a_quiet_day_of_forty_meters_is_complete_exact_and_single() -> None:
    findings, gaps = run_virtual(lived_day(WorldPlan(seed=1, lines=4, meters_per_line=10)))
    assert (findings.missing, findings.wrong, findings.doubled, gaps) == ([], [], [], [])
    assert findings.readings > 40 * 96 * 15


def test_after_a_bad_day_nothing_is_missing_wrong_or_doubled() -> None:
    plan = WorldPlan(seed=2, lines=3, meters_per_line=4, faults=BAD)
    findings, gaps = run_virtual(lived_day(plan, LATEST))
    assert (findings.missing, findings.wrong, findings.doubled, gaps) == ([], [], [], [])


def test_a_reader_that_believes_any_frame_of_the_right_shape_is_found_out_on_the_same_line() -> None:
    async def half_a_day() -> Findings:
        plan = WorldPlan(seed=2, lines=1, meters_per_line=4, faults=BAD, driver=GullibleDriver)
        world = await live(plan, 12)
        return await judge(world, plan.start, plan.start, lateness=LATEST)

    assert len(run_virtual(half_a_day()).wrong) > 20
