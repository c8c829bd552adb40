"""The collection schedule at work: starts what is due, never twice, and fills gaps when there is nothing better."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from collectors.collection import Collection, by_line
from collectors.schedule import due, seconds_until_next
from headend.domain.collection import CollectionPlan, CollectionTask
from headend.domain.errors import FieldError, StoreUnavailable
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, MeterRegistry

FillGaps = Callable[[MeterInstallation, datetime], Awaitable[int]]
LOOK_BACK = timedelta(days=1)


class Supervisor:
    """One task a plan. A pass that is still running when its next slot comes skips that slot."""

    def __init__(
        self,
        collection: Collection,
        registry: MeterRegistry,
        plans: Sequence[CollectionPlan],
        fill_gaps: FillGaps,
        *,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        self._collection, self._registry, self._plans, self._fill_gaps = collection, registry, plans, fill_gaps
        self._zone, self._clock = zone, clock
        self._is_quiet = asyncio.Event()
        self._running = 0
        self._is_quiet.set()

    async def run(self) -> None:
        """Collect until cancelled."""
        async with asyncio.TaskGroup() as group:
            for plan in self._plans:
                group.create_task(self._follow(plan), name=f"plan {plan.name}")
            group.create_task(self._backfill(), name="backfill")

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
            installations = await self._registry.installations()
            if plan.task is CollectionTask.REGISTERS:
                await self._collection.registers(installations)
            else:
                await self._collection.daily_freezes(installations, [1])
        except StoreUnavailable:
            await self._clock.sleep(1.0)  # the registry cannot be read; its own event tells so
        finally:
            self._running -= 1
            if self._running == 0:
                self._is_quiet.set()

    async def _backfill(self) -> None:
        """After the scheduled passes, line by line; a meter at a time gives way to whoever is waiting."""
        while True:
            await self._clock.sleep(1.0)
            await self._is_quiet.wait()
            async with asyncio.TaskGroup() as group:
                for route in by_line(await self._installations()):
                    group.create_task(self._fill_route(route))
            await self._clock.sleep(60.0)

    async def _fill_route(self, route: Sequence[MeterInstallation]) -> None:
        for installation in route:
            await self._is_quiet.wait()
            try:
                await self._fill_gaps(installation, self._clock.now() - LOOK_BACK)
            except (FieldError, StoreUnavailable):
                return  # the line or the store is down: the next round tries again

    async def _installations(self) -> Sequence[MeterInstallation]:
        try:
            return await self._registry.installations()
        except StoreUnavailable:
            return ()
