"""One plan at work: its slots as they come due, its meters minute by minute, and word of what could not be done.

Decides no schedule (`schedule` does) and asks no meter (`collection` does).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from collectors.collection import Collection, PassReport, PassTerms
from collectors.schedule import due, seconds_until_next
from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import iso
from headend.domain.metering import MeterInstallation
from headend.domain.plans import ABLE, Plan, PlanKind, PlanSlot
from headend.ports import Clock, EventLog, MeterRegistry, PlanMeters, PlanProgress

QUARTER = timedelta(minutes=15)
MOST_QUARTERS = 96
STORE_RETRY_S = 1.0
SET_BACK = timedelta(minutes=1)  # less is a correction, by which no slot is done twice
LONGEST_NAP_S = 60.0  # then look again: the wall clock may have been set
Cohorts = Mapping[timedelta, Sequence[MeterInstallation]]


class InMemoryProgress:
    """PlanProgress of a head-end that remembers nothing over a restart."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    async def last(self, plan: str) -> datetime | None:
        """See PlanProgress."""
        return self._last.get(plan)

    async def done(self, plan: str, slot: datetime) -> None:
        """See PlanProgress."""
        self._last[plan] = max(slot, self._last.get(plan, slot))


class PlanRunner:
    """Follows plans. A pass that is still running when its next slot comes skips that slot, and tells so."""

    def __init__(
        self,
        collection: Collection,
        registry: MeterRegistry,
        meters: PlanMeters,
        progress: PlanProgress,
        *,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._collection, self._registry, self._meters = collection, registry, meters
        self._progress, self._clock, self._events = progress, clock, events

    async def follow(self, plan: Plan, busy: Callable[[], AbstractContextManager[None]]) -> None:
        """Do what is due until cancelled; `busy` holds while a pass asks meters."""
        last = await self._remembered(plan)
        while True:
            now = self._clock.now()
            if last is not None and last > now + SET_BACK:  # our own clock was: what comes now was not done
                last = now
            found = due(now, plan, last)
            if found.missed:
                last = found.missed[-1].start
                await self._tell_missed(plan, found.missed)
                await self._remember(plan, last)
            if found.now is None:
                pause_s = max(0.05, seconds_until_next(self._clock.now(), plan))
                await self._clock.sleep(min(pause_s, LONGEST_NAP_S))
                continue
            last = found.now.start
            await self._do(plan, found.now, busy)
            await self._remember(plan, last)

    async def _do(self, plan: Plan, slot: PlanSlot, busy: Callable[[], AbstractContextManager[None]]) -> None:
        unasked = 0
        begun_s = self._clock.monotonic() - (self._clock.now() - slot.begins_at).total_seconds()
        try:
            for wait, cohort in sorted((await self._cohorts(plan)).items()):
                await self._clock.sleep(max(0.0, begun_s + wait.total_seconds() - self._clock.monotonic()))
                with busy():
                    unasked += (await self._ask(plan, slot, cohort)).unasked
        except StoreUnavailable:
            await self._clock.sleep(STORE_RETRY_S)  # the registry cannot be read; its own event tells so
        if unasked:
            problem = f"{plan.name}: {unasked} meters were not asked for the slot of {iso(slot.start)} in time"
            await self._events.record(EndDeviceEvent(EventKind.PLAN_BEHIND, self._clock.now(), problem))

    async def _cohorts(self, plan: Plan) -> Cohorts:
        """Who is asked how long after the slot begins; everybody at once without jitter."""
        cohorts: dict[timedelta, list[MeterInstallation]] = defaultdict(list)
        able = ABLE[plan.kind]
        for installation in await self._meters.of(plan):
            if installation.meter.protocol in able:
                cohorts[plan.jitter_of(installation.id)].append(installation)
        return cohorts

    async def _ask(self, plan: Plan, slot: PlanSlot, cohort: Sequence[MeterInstallation]) -> PassReport:
        terms = PassTerms(plan.items, plan.priority, slot.ends_at)
        if plan.kind is PlanKind.DAILY_FREEZE:
            return await self._collection.daily_freezes(cohort, [1], terms=terms)
        if plan.kind is PlanKind.LOAD_PROFILE:
            quarters = self._quarters(plan, slot)
            return await self._collection.load_profiles(cohort, slot.start - quarters * QUARTER, quarters, terms=terms)
        if plan.kind is PlanKind.CLOCK:
            terms = PassTerms(("clock",), plan.priority, slot.ends_at)
        watched = await self._registry.installations()
        return await self._collection.registers(cohort, watched=watched, terms=terms)

    @staticmethod
    def _quarters(plan: Plan, slot: PlanSlot) -> int:
        """The quarters since the slot before, a day at most; what is older is a gap, and gaps have a filler."""
        every = plan.calendar.every
        return MOST_QUARTERS if every is None else max(1, min(MOST_QUARTERS, every // QUARTER))

    async def _tell_missed(self, plan: Plan, missed: Sequence[PlanSlot]) -> None:
        span = iso(missed[0].start) + (f" to {iso(missed[-1].start)}" if missed[1:] else "")
        problem = f"{plan.name}: {len(missed)} slots went by undone, {span}"
        await self._events.record(EndDeviceEvent(EventKind.PLAN_BEHIND, self._clock.now(), problem))

    async def _remembered(self, plan: Plan) -> datetime | None:
        while True:
            try:
                return await self._progress.last(plan.name)
            except StoreUnavailable:
                await self._clock.sleep(STORE_RETRY_S)

    async def _remember(self, plan: Plan, slot: datetime) -> None:
        try:
            await self._progress.done(plan.name, slot)
        except StoreUnavailable:
            return  # the next slot's word covers this one
