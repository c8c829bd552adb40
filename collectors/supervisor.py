"""The collection schedule at work: starts what is due, never twice, and fills gaps when there is nothing better."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Protocol

from collectors.collection import Collection
from collectors.plan_runner import PlanRunner
from headend.domain.collection import BackfillJob
from headend.domain.errors import FieldError, StoreUnavailable
from headend.domain.plans import Plan
from headend.ports import Clock

LOOK_BACK = timedelta(days=1)  # each round
LONG_LOOK_BACK = timedelta(days=62)  # what meters keep; after a start, and then once in LONG_LOOK_EVERY_S
LONG_LOOK_EVERY_S = 900.0
ROUND_PAUSE_S = 60.0
SPECIAL_PAUSE_S = 30.0


class Backfill(Protocol):
    """What the supervisor needs of gap filling: jobs with an installation, and a way to do one."""

    async def jobs(self, since: datetime) -> Sequence[BackfillJob]:
        """Meters with gaps."""
        ...

    async def fill(self, job: BackfillJob) -> int:
        """Fill those of one meter."""
        ...


class SpecialDates(Protocol):
    """What the supervisor needs of reads at dates of their own."""

    async def run_due(self) -> int:
        """Do those that are due; how many came to an end."""
        ...


class Supervisor:
    """One task a plan, one for reads at dates of their own, one that fills gaps while no plan asks anybody."""

    def __init__(
        self,
        collection: Collection,
        runner: PlanRunner,
        plans: Sequence[Plan],
        backfill: Backfill,
        *,
        clock: Clock,
        special: SpecialDates | None = None,
        round_pause_s: float = ROUND_PAUSE_S,
    ) -> None:
        self._collection, self._runner, self._plans, self._backfill = collection, runner, plans, backfill
        self._clock, self._special = clock, special
        self._round_pause_s = round_pause_s
        self._is_quiet = asyncio.Event()
        self._running = 0
        self._next_long_look = -math.inf
        self._is_quiet.set()

    async def run(self) -> None:
        """Collect until cancelled."""
        async with asyncio.TaskGroup() as group:
            for plan in self._plans:
                group.create_task(self._runner.follow(plan, self._busy), name=f"plan {plan.name}")
            if self._special is not None:
                group.create_task(self._read_special(self._special), name="special reads")
            group.create_task(self._fill_gaps(), name="backfill")

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self._running += 1
        self._is_quiet.clear()
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._is_quiet.set()

    async def _read_special(self, special: SpecialDates) -> None:
        while True:
            with suppress(StoreUnavailable):  # the next round tries again
                await special.run_due()
            await self._clock.sleep(SPECIAL_PAUSE_S)

    async def _fill_gaps(self) -> None:
        """After the scheduled passes, all lines at once; a line's next meter waits while a pass is running."""
        while True:
            await self._clock.sleep(1.0)
            await self._is_quiet.wait()
            async with asyncio.TaskGroup() as group:
                for route in self._routes(await self._jobs()):
                    group.create_task(self._fill_route(route))
            await self._clock.sleep(self._round_pause_s)

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
