"""A silent meter, a broken line and a babbling line cost their neighbours nothing, and are told of once."""

from __future__ import annotations

from datetime import timedelta

from headend.domain.events import EventKind
from headend.domain.readings import ReadingSource
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.faults import HOUR_S, Faults, hours
from tests.scenarios.judge import LATEST, judge, listed_gaps
from tests.scenarios.world import TYPES, World, WorldPlan, live

SLOT_S = 900
SILENT = "645000000003"
STATES = (EventKind.METER_SILENT, EventKind.METER_BACK, EventKind.LINE_DOWN, EventKind.LINE_UP)


def quarters_asked(world: World, address: str, start_h: float, end_h: float) -> list[int]:
    """The quarters in which a meter was asked anything."""
    asked = [second for second, _, meter in world.log.requests if meter == address]
    return sorted({int(second // SLOT_S) for second in asked if start_h * HOUR_S <= second < end_h * HOUR_S})


async def stored_by(world: World, installation: int, source: ReadingSource) -> int:
    """How many import registers of a meter came in this way."""
    kind = TYPES.by_name("active_energy_import")
    start = world.plan.start - timedelta(days=2)
    series = await world.stored.series(installation, [kind.id], start, start + timedelta(days=9))
    return sum(reading.source is source for reading in series)


def test_a_silent_meter_is_told_once_probed_ever_less_and_filled_from_its_memory() -> None:
    async def run() -> None:
        plan = WorldPlan(seed=4, lines=1, meters_per_line=5, faults=Faults(silent={SILENT: [hours(2, 7)]}))
        world = await live(plan, 9)
        told = [(event.kind, event.installation_id) for event in await world.happened(*STATES)]
        assert told == [(EventKind.METER_SILENT, 3), (EventKind.METER_BACK, 3)]
        assert quarters_asked(world, SILENT, 2, 7.1) == [8, 9, 11, 14, 19, 28]  # pauses of 1, 2, 4, 8 cycles
        end = plan.start + timedelta(hours=8)
        findings = await judge(world, plan.start, end)
        assert (findings.missing, findings.wrong, findings.doubled) == ([], [], [])
        assert await listed_gaps(world, plan.start, end) == []
        assert await stored_by(world, 3, ReadingSource.LOAD_PROFILE) >= 19
        for neighbour in (1, 2, 4, 5):
            assert await stored_by(world, neighbour, ReadingSource.SCHEDULED) == 9 * 4
            assert await stored_by(world, neighbour, ReadingSource.LOAD_PROFILE) == 0

    run_virtual(run())


def test_a_broken_line_is_told_once_tried_again_at_once_and_filled() -> None:
    async def run() -> None:
        plan = WorldPlan(seed=5, lines=2, meters_per_line=4, faults_on={1: Faults(down=[hours(2, 5)])})
        world = await live(plan, 7)
        told = await world.happened(*STATES)
        assert [event.kind for event in told] == [EventKind.LINE_DOWN, EventKind.LINE_UP]
        assert told[1].occurred_at - plan.start < timedelta(hours=5, minutes=1)
        end = plan.start + timedelta(hours=6)
        findings = await judge(world, plan.start, end)
        assert (findings.missing, findings.wrong, findings.doubled) == ([], [], [])
        assert await listed_gaps(world, plan.start, end) == []
        for installation in range(1, 5):
            assert await stored_by(world, installation, ReadingSource.SCHEDULED) == 7 * 4

    run_virtual(run())


def test_a_babbling_line_takes_nothing_from_the_others_and_gives_nothing_wrong() -> None:
    """That babble everywhere is noticed: test_short_campaigns."""

    async def run() -> None:
        plan = WorldPlan(seed=6, lines=8, meters_per_line=2, faults_on={0: Faults(babble=[hours(0.5, 1.9)])})
        world = await live(plan, 1.9)
        findings = await judge(world, plan.start, plan.start + timedelta(hours=1.5), lateness=LATEST)
        assert (findings.wrong, findings.doubled) == ([], [])
        assert {line.split()[1] for line in findings.missing} <= {"1", "2"}
        for installation in range(3, 17):
            assert await stored_by(world, installation, ReadingSource.SCHEDULED) == 8

    run_virtual(run())
