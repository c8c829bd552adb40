"""The collection schedule at work: starts what is due, never twice, and fills gaps when there is nothing better."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from collectors.collection import Collection
from collectors.schedule import due, seconds_until_next
from headend.domain.collection import BackfillJob, CollectionPlan, CollectionTask
from headend.domain.errors import FieldError, StoreUnavailable
from headend.ports import Clock, MeterRegistry, Roster

LOOK_BACK = timedelta(days=1)  # each round
LONG_LOOK_BACK = timedelta(days=62)  # what meters keep; after a start, and then once in LONG_LOOK_EVERY_S
LONG_LOOK_EVERY_S = 900.0
ROUND_PAUSE_S = 60.0


class Backfill(Protocol):
    """What the supervisor needs of gap filling: jobs with an installation, and a way to do one."""

    async def jobs(self, since: datetime) -> Sequence[BackfillJob]:
        """Meters with gaps."""
        ...

    async def fill(self, job: BackfillJob) -> int:
        """Fill those of one meter."""
        ...


class Supervisor:
    """One task a plan. A pass that is still running when its next slot comes skips that slot.

    Those on the roster are asked; of all others in the registry only what they report by themselves is kept.
    """

    def __init__(
        self,
        collection: Collection,
        registry: MeterRegistry,
        plans: Sequence[CollectionPlan],
        backfill: Backfill,
        *,
        zone: ZoneInfo,
        clock: Clock,
        roster: Roster | None = None,
    ) -> None:
        self._roster = registry if roster is None else roster
        self._collection, self._registry, self._plans, self._backfill = collection, registry, plans, backfill
        self._zone, self._clock = zone, clock
        self._is_quiet = asyncio.Event()
        self._running = 0
        self._next_long_look = -math.inf
        self._is_quiet.set()

    async def run(self) -> None:
        """Collect until cancelled."""
        async with asyncio.TaskGroup() as group:
            for plan in self._plans:
                group.create_task(self._follow(plan), name=f"plan {plan.name}")
            group.create_task(self._fill_gaps(), name="backfill")

    async def _follow(self, plan: CollectionPlan) -> None:
        last: datetime | None = None
        while True:
            slot = due(self._clock.now(), plan, self._zone, last)
            if slot is None:
                await self._clock.sleep(max(0.05, seconds_until_next(self._clock.now(), plan, self._zone)))
                continue
            last = slot
            await self._collect(plan)

    async def _collect(self, plan: CollectionPlan) -> None:
        self._running += 1
        self._is_quiet.clear()
        try:
            installations = await self._roster.installations()
            if plan.task is CollectionTask.REGISTERS:
                watched = await self._registry.installations()
                await self._collection.registers(installations, watched=watched)
            else:
                await self._collection.daily_freezes(installations, [1])
        except StoreUnavailable:
            await self._clock.sleep(1.0)  # the registry cannot be read; its own event tells so
        finally:
            self._running -= 1
            if self._running == 0:
                self._is_quiet.set()

    async def _fill_gaps(self) -> None:
        """After the scheduled passes, all lines at once; a line's next meter waits while a pass is running."""
        while True:
            await self._clock.sleep(1.0)
            await self._is_quiet.wait()
            async with asyncio.TaskGroup() as group:
                for route in self._routes(await self._jobs()):
                    group.create_task(self._fill_route(route))
            await self._clock.sleep(ROUND_PAUSE_S)

    async def _jobs(self) -> Sequence[BackfillJob]:
        now = self._clock.monotonic()
        is_long = now >= self._next_long_look
        try:
            jobs = await self._backfill.jobs(self._clock.now() - (LONG_LOOK_BACK if is_long else LOOK_BACK))
        except StoreUnavailable:
            return ()
        if is_long:
            self._next_long_look = now + LONG_LOOK_EVERY_S
        return jobs

    def _routes(self, jobs: Sequence[BackfillJob]) -> Sequence[Sequence[BackfillJob]]:
        by_url: dict[str, list[BackfillJob]] = defaultdict(list)
        for job in jobs:
            if job.installation.id not in self._collection.silent:
                by_url[job.installation.meter.line.url].append(job)
        return list(by_url.values())

    async def _fill_route(self, route: Sequence[BackfillJob]) -> None:
        for job in route:
            await self._is_quiet.wait()
            try:
                await self._backfill.fill(job)
            except (FieldError, StoreUnavailable):
                return  # the line or the store is down: the next round tries again
