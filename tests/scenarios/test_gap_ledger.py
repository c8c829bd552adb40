"""The gap ledger on virtual time: silence, refusal and a short memory each end with their own reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collectors.conversation import Conversation
from collectors.drivers.dlt645 import Dlt645Driver
from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.gap_ledger import NEVER, REASONS, GapReason
from headend.domain.metering import MeterInstallation
from headend.domain.readings import SOURCES, ReadingSource
from headend.ports import LedgerQuestion
from tests.scenarios.faults import Faults, hours
from tests.scenarios.inline_loop import run_inline
from tests.scenarios.judge import listed_gaps
from tests.scenarios.world import FIRST_ADDRESS, World, WorldPlan, live

MEMORY = timedelta(hours=1)
SILENT = Faults(silent={str(FIRST_ADDRESS): [hours(1, 4)]})
PLAN = WorldPlan(seed=5, lines=1, meters_per_line=2, faults=SILENT)
Conversed = Conversation[MeterAnswer]


class RefusingDriver(Dlt645Driver):
    """Every meter refuses to tell load records, for want of rights."""

    asked = 0

    def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> Conversed:
        type(self).asked += 1
        now = self._site.now()
        refusal = ItemResult("06", None, None, None, "", None, now, error=ItemError.REFUSED, reason="not authorised")
        return MeterAnswer(installation, (refusal,), ())
        yield


class ForgetfulDriver(Dlt645Driver):
    """Every meter has forgotten what is older than MEMORY and tells its oldest record instead."""

    def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> Conversed:
        oldest = self._site.now() - MEMORY
        return (yield from super().read_load_profile(installation, max(start, oldest), slots))


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger says in the end: slots by reason, and whether any of them is tried again."""

    open: Mapping[GapReason, int]
    is_final: bool
    closed: Mapping[tuple[GapReason, ReadingSource], int]


async def told(world: World) -> Told:
    await world.keeper.refresh(world.plan.start)
    runs, closed = await world.ledger.open_runs(LedgerQuestion()), await world.ledger.closed_runs(LedgerQuestion(), 999)
    missing: dict[GapReason, int] = {}
    for reason, first, last in zip(runs.reason, runs.first, runs.last, strict=True):
        missing[REASONS[reason]] = missing.get(REASONS[reason], 0) + int(last - first) + 1
    filled: dict[tuple[GapReason, ReadingSource], int] = {}
    for reason, source, first, last in zip(closed.reason, closed.source, closed.first, closed.last, strict=True):
        key = (REASONS[reason], SOURCES[source])
        filled[key] = filled.get(key, 0) + int(last - first) + 1
    return Told(missing, bool(len(runs)) and bool((runs.next_try == NEVER).all()), filled)


def after(plan: WorldPlan, hours_long: float) -> tuple[Told, list[str]]:
    async def run() -> tuple[Told, list[str]]:
        world = await live(plan, hours_long)
        return await told(world), list(await listed_gaps(world, plan.start, world.clock.now()))

    return run_inline(run())


def test_a_silent_meter_is_filled_when_it_is_back_and_the_ledger_remembers_why() -> None:
    found, gaps = after(PLAN, 9.2)  # its next probe comes up to 32 cycles later
    assert (found.open, gaps) == ({}, [])
    assert sum(found.closed.values()) >= 10
    assert found.closed[GapReason.METER_SILENT, ReadingSource.LOAD_PROFILE] >= 9


def test_a_refusal_is_not_asked_again_every_round_and_ends() -> None:
    RefusingDriver.asked = 0
    found, _ = after(replace(PLAN, driver=RefusingDriver), 8.2)
    assert set(found.open) == {GapReason.REFUSED} and found.open[GapReason.REFUSED] >= 10
    assert not found.is_final, "eight tries take most of a day"
    assert RefusingDriver.asked <= 60, "rounds of a minute would be hundreds"


def test_what_is_older_than_the_memory_is_final() -> None:
    found, gaps = after(replace(PLAN, driver=ForgetfulDriver, memory=MEMORY), 6.2)
    assert set(found.open) == {GapReason.OLDER_THAN_MEMORY} and found.is_final
    assert sum(found.open.values()) >= 6 and len(gaps) == 1
    assert found.closed, "the last hour came from the memory"


def test_without_knowing_its_memory_the_meter_has_no_record_and_is_tried_again() -> None:
    found, _ = after(replace(PLAN, driver=ForgetfulDriver, memory=None), 6.2)
    assert set(found.open) == {GapReason.NO_RECORD} and not found.is_final
