"""Every night the figures of the day before, and of days on which the head-end did not run. Decides no figure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.errors import HeadEndError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.kpi import MetricDay, ScopeKind
from headend.ports import Clock, EventLog, KpiLedger, ReadingStore
from headend.services.compute_kpis import EDGE_S, ComputeKpis

AFTER_MIDNIGHT = timedelta(hours=3)  # late reads and the night's backfill are in by then
DAYS_BACK = 7
MEMORY = timedelta(days=60)
RETRY_S = 300.0


class ComputeKpisNightly:
    """Runs until cancelled. What fails is told once a night and tried again."""

    def __init__(
        self,
        compute: ComputeKpis,
        ledger: KpiLedger,
        readings: ReadingStore,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._compute, self._ledger, self._readings = compute, ledger, readings
        self._zone, self._clock, self._events = zone, clock, events

    async def run(self) -> None:
        """Catch up, then wait for the next night."""
        told = None
        while True:
            now = self._clock.now()
            try:
                await self.catch_up()
            except HeadEndError as error:
                if told != now.astimezone(self._zone).date():
                    told = now.astimezone(self._zone).date()
                    detail = f"KPIs cannot be computed now: {error}"
                    await self._events.record(EndDeviceEvent(EventKind.KPI_FAILED, now, detail))
                await self._clock.sleep(RETRY_S)
                continue
            await self._clock.sleep(max(1.0, (next_night(now, self._zone) - self._clock.now()).total_seconds()))

    async def catch_up(self) -> None:
        """Compute the days that are due and have no figures, oldest first."""
        for day in due_days(self._clock.now(), self._zone):
            if await self._has_begun(day):
                await self._compute.compute(day, "")

    async def _has_begun(self, day: date) -> bool:
        """The first figures are those of the first day that ended with a register read; then come all days."""
        if await self._ledger.points(day - MEMORY, day, ScopeKind.UTILITY):
            return True
        types = sorted({self._compute.type_id(one) for one in self._compute.definitions})
        return bool(await self._readings.edges(types, MetricDay.of(day, self._zone).end, EDGE_S))


def due_days(now: datetime, zone: ZoneInfo) -> list[date]:
    """The last days whose night has come, oldest first."""
    newest = (now - AFTER_MIDNIGHT).astimezone(zone).date() - timedelta(days=1)
    return [newest - timedelta(days=back) for back in reversed(range(DAYS_BACK))]


def next_night(now: datetime, zone: ZoneInfo) -> datetime:
    """The next instant at which another day is due."""
    following = (now - AFTER_MIDNIGHT).astimezone(zone).date() + timedelta(days=1)
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
    return midnight + AFTER_MIDNIGHT
