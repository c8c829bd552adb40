"""A meter with two lines on virtual time: its own line dies at noon and comes back in the evening."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from headend.domain.events import EventKind
from headend.domain.readings import ReadingSource, source_of, way_of
from headend.domain.ways import WayReason
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import Faults, hours
from tests.scenarios.judge import Findings, judge, listed_gaps
from tests.scenarios.world import World, WorldPlan, live

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
NOON, EVENING = 12.1, 20.0
DEAD_LINE = Faults(down=[hours(NOON, EVENING)])
PLAN = WorldPlan(seed=7, lines=2, meters_per_line=3, spare_lines=1, faults_on={0: DEAD_LINE})


@dataclass(frozen=True, slots=True)
class Lived:
    """A day of that site."""

    world: World
    findings: Findings
    gaps: list[str]
    changes: list[str]


async def lived(plan: WorldPlan) -> Lived:
    world = await live(plan, 24.5)
    findings = await judge(world, plan.start, plan.start + DAY)
    gaps = list(await listed_gaps(world, plan.start, plan.start + DAY))
    changes = [
        f"{event.installation_id} {(event.occurred_at - plan.start) // QUARTER} {event.detail}"
        for event in await world.happened(EventKind.WAY_CHANGED)
    ]
    return Lived(world, findings, gaps, changes)


@cache
def dead_afternoon() -> Lived:
    """The day of PLAN."""
    return run_virtual(lived(PLAN))


def told_by(world: World, meter: int) -> Counter[tuple[ReadingSource, int]]:
    """How many registers of a meter came by which way."""
    rows = (versions[-1] for versions in world.stored.versions)
    of_it = [row for row in rows if row[0] == meter and row[1] == 1]
    return Counter((source_of(row[6]), way_of(row[6])) for row in of_it)


def test_slots_keep_coming_by_the_second_line_nothing_is_doubled_and_the_own_line_is_used_again() -> None:
    day = dead_afternoon()
    findings = day.findings
    assert (findings.missing, findings.wrong, findings.doubled, day.gaps) == ([], [], [], [])
    for meter in (1, 2, 3):
        told = told_by(day.world, meter)
        by_second = told[ReadingSource.SCHEDULED, 2]
        assert 28 <= by_second <= 64, "from the second dead quarter on; probes 32 cycles apart end it"
        assert told[ReadingSource.SCHEDULED, 1] >= 30
        choice = day.world.ways.choice(meter)
        assert choice.rank == 2 or choice.reason is WayReason.RETURNED


def test_the_way_is_changed_in_the_second_dead_quarter_and_never_to_and_fro() -> None:
    day = run_virtual(lived(replace(PLAN, faults_on={0: Faults(down=[hours(6.1, 9.0)])})))
    of_first = [line.split(" ", 2) for line in day.changes if line.startswith("1 ")]
    assert [detail.partition(",")[0] for _, _, detail in of_first] == [
        "way 2 is used in place of way 1",
        "way 1 is used in place of way 2",
    ]
    assert int(of_first[0][1]) == 6 * 4 + 2, "down at 6:06; 6:15 fails, 6:30 comes by the second way"
    assert day.world.ways.choice(1).reason is WayReason.RETURNED
    silent = run_virtual(day.world.happened(EventKind.METER_SILENT))
    assert silent == [], "a meter that one way reaches is not silent"


def test_meters_with_one_line_know_nothing_of_it() -> None:
    day = dead_afternoon()
    assert told_by(day.world, 4)[ReadingSource.SCHEDULED, 1] >= 96
    assert not any(way > 1 for meter in (4, 5, 6) for _, way in told_by(day.world, meter))
    assert not any(line.startswith(("4", "5", "6")) for line in day.changes)


def test_without_the_second_way_the_slots_of_the_dead_line_come_late() -> None:
    """The negative control: the same day, the same faults, one line."""
    day = run_virtual(lived(replace(PLAN, spare_lines=0)))
    scheduled = told_by(day.world, 1)[ReadingSource.SCHEDULED, 1]
    assert scheduled < 96 - 28
    assert day.changes == []


def test_when_both_ways_are_dead_the_meter_is_silent_as_any_other_and_told_once() -> None:
    silent = Faults(silent={"645000000001": [hours(6.1, 9.0)]})
    day = run_virtual(lived(replace(PLAN, faults_on={0: silent, 2: silent})))
    told = run_virtual(day.world.happened(EventKind.METER_SILENT, EventKind.METER_BACK))
    assert [event.kind for event in told] == [EventKind.METER_SILENT, EventKind.METER_BACK]
    assert (day.findings.missing, day.findings.doubled, day.gaps) == ([], [], [])


def test_same_seed_same_history() -> None:
    def history(day: Lived) -> str:
        rows = sorted(versions[-1] for versions in day.world.stored.versions)
        return hashlib.sha256(repr((rows, day.changes)).encode()).hexdigest()

    assert history(run_virtual(lived(PLAN))) == history(dead_afternoon())
