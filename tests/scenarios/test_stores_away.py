"""The reading store is away for two hours: the spool keeps everything, and the loss is told once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from headend.domain.events import EventKind
from headend.stores.spool import Spool
from headend.stores.spooled_store import SpooledReadingStore
from tests.scenarios.faults import HOUR_S
from tests.scenarios.inline_loop import run_inline
from tests.scenarios.judge import Findings, judge
from tests.scenarios.world import World, WorldPlan, live

DRAIN_EVERY_S = 2.0


async def stored_with(folder: Path, told: list[EventKind], hours_away: float) -> tuple[Findings, int]:
    """Four hours, away from the first on, and how many readings the store has in the end."""

    async def on_change(kind: EventKind, detail: str) -> None:
        told.append(kind)

    stores: list[SpooledReadingStore] = []

    async def go_away_and_come_back(world: World) -> None:
        (store,) = stores
        await store.open()
        for is_down, seconds in ((False, HOUR_S + 1), (hours_away > 0, hours_away * HOUR_S), (False, 0)):
            world.stored.is_down = is_down
            await asyncio.sleep(seconds)
        while True:
            await store.drain()
            await asyncio.sleep(DRAIN_EVERY_S)

    def spooled(store: object) -> SpooledReadingStore:
        stores.append(SpooledReadingStore(store, Spool(folder), on_change))  # type: ignore[arg-type]  # the twin
        return stores[0]

    plan = WorldPlan(seed=7, lines=2, meters_per_line=3, store=spooled)
    world = await live(plan, 4.2, go_away_and_come_back)
    findings = await judge(world, plan.start, plan.start + timedelta(hours=4))
    return findings, findings.readings


def test_nothing_is_lost_while_the_store_is_away(tmp_path: Path) -> None:
    told: list[EventKind] = []
    findings, kept = run_inline(stored_with(tmp_path / "away", told, 2))
    assert (findings.missing, findings.wrong, findings.doubled) == ([], [], [])
    assert told == [EventKind.STORE_DOWN, EventKind.STORE_UP]
    told.clear()
    assert kept == run_inline(stored_with(tmp_path / "there", told, 0))[1]
    assert told == []


def test_without_a_spool_two_hours_of_everything_but_the_load_profile_are_lost() -> None:
    async def kept(seconds_away: float) -> int:
        async def go_away(world: World) -> None:
            await asyncio.sleep(HOUR_S + 1)
            world.stored.is_down = seconds_away > 0
            await asyncio.sleep(seconds_away)
            world.stored.is_down = False

        plan = WorldPlan(seed=7, lines=1, meters_per_line=3)
        world = await live(plan, 3.5, go_away)
        return (await judge(world, plan.start, plan.start)).readings

    assert run_inline(kept(2 * HOUR_S)) < 0.7 * run_inline(kept(0))
