"""One meter: who it is, its newest values, a curve, the history and the raw frame of a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from headend.domain.events import EndDeviceEvent
from headend.domain.metering import MeterInstallation
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import RawFrame, StoredReading
from headend.ports import EventLog, MeterRegistry, ReadingStore


@dataclass(frozen=True, slots=True)
class MeterPage:
    """What the page of a meter shows first."""

    installation: MeterInstallation
    latest: Sequence[StoredReading]
    events: Sequence[EndDeviceEvent]


class ShowMeter:
    """Reads registry, readings and events."""

    def __init__(self, registry: MeterRegistry, store: ReadingStore, events: EventLog, types: ReadingTypeTable) -> None:
        self._registry, self._store, self._events, self._types = registry, store, events, types

    async def page(self, installation_id: int) -> MeterPage:
        """UnknownMeter if there is none."""
        installation = await self._registry.installation(installation_id)
        latest = await self._store.latest(installation_id)
        return MeterPage(installation, latest, await self._events.recent(20, installation_id))

    async def series(
        self, installation_id: int, reading_types: Sequence[str], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        """Newest versions in [start, end); UnknownMeter, UnknownReadingType."""
        await self._registry.installation(installation_id)
        ids = [self._types.find(name).id for name in reading_types]
        return await self._store.series(installation_id, ids, start, end)

    async def history(self, installation_id: int, reading_type: str, measured_at: datetime) -> Sequence[StoredReading]:
        """Every version of one reading."""
        await self._registry.installation(installation_id)
        return await self._store.history(installation_id, self._types.find(reading_type).id, measured_at)

    async def frame(self, frame_id: int) -> RawFrame | None:
        """The bytes that prove a reading."""
        return await self._store.frame(frame_id)
