"""The fleet at a glance: read rate of today, silent meters, last events, one row a meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from headend.domain.metering import MeterInstallation
from headend.ports import Clock, MeterRegistry, Parkings, ReadingStore

LATE_AFTER = timedelta(minutes=20)
SILENT_AFTER = timedelta(hours=2)


class MeterState(StrEnum):
    """How a meter stands: heard in time, late, silent for long, never heard, or parked: nothing is expected of it."""

    OK = "ok"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One meter with when it was last heard (aware UTC)."""

    installation: MeterInstallation
    state: MeterState
    last_heard: datetime | None


@dataclass(frozen=True, slots=True)
class FleetOverview:
    """Counts by state, and the read rate: meters heard since local midnight of all that are installed, not parked."""

    rows: Sequence[MeterRow]
    counts: dict[MeterState, int]
    read_today: int
    installed: int
    since: datetime


class ShowFleet:
    """Joins the registry with when each meter was last heard. Without `parkings` nobody is parked."""

    def __init__(
        self,
        registry: MeterRegistry,
        store: ReadingStore,
        *,
        zone: ZoneInfo,
        clock: Clock,
        parkings: Parkings | None = None,
    ) -> None:
        self._registry, self._store, self._zone, self._clock = registry, store, zone, clock
        self._parkings = parkings

    async def overview(self) -> FleetOverview:
        """All meters, silent ones first, parked ones last, then by usage point."""
        now = self._clock.now()
        midnight = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        heard = await self._store.last_received(now - timedelta(days=62))
        parked = await self._parked(now)
        rows = []
        for installation in await self._registry.installations():
            last = heard.get(installation.id)
            state = MeterState.PARKED if installation.id in parked else state_of(now, last)
            rows.append(MeterRow(installation, state, last))
        order = (MeterState.NEVER, MeterState.SILENT, MeterState.LATE, MeterState.OK, MeterState.PARKED)
        rows.sort(key=lambda row: (order.index(row.state), row.installation.usage_point.name))
        return FleetOverview(
            rows=rows,
            counts={state: sum(row.state is state for row in rows) for state in MeterState},
            read_today=sum(_is_read_since(midnight, row) for row in rows),
            installed=sum(row.state is not MeterState.PARKED for row in rows),
            since=midnight,
        )

    async def _parked(self, now: datetime) -> set[int]:
        found = await self._parkings.between(now, now + timedelta(microseconds=1)) if self._parkings else ()
        return {parking.installation_id for parking in found}


def _is_read_since(midnight: datetime, row: MeterRow) -> bool:
    return row.state is not MeterState.PARKED and row.last_heard is not None and row.last_heard >= midnight


def state_of(now: datetime, last_heard: datetime | None) -> MeterState:
    """The state of a meter that was last heard then."""
    if last_heard is None:
        return MeterState.NEVER
    age = now - last_heard
    if age > SILENT_AFTER:
        return MeterState.SILENT
    return MeterState.LATE if age > LATE_AFTER else MeterState.OK
