"""A line that a child process owns, as the head-end sees it. Holds no connection; refuses what is too much to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from collectors.channel import LinePolicy
from collectors.driver import ClockDriver, StreamDriver
from collectors.shards.messages import Read, ReadDailyFreeze, ReadLoadProfile, Request, SetClock
from collectors.shards.shard import Shard
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import MeterRefused, QueueFull
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation, Protocol

ROOM = LinePolicy()


class ShardLine:
    """FieldLine in another process. At most as much waits here as waits for a line of our own; then QueueFull."""

    lanes = 1

    def __init__(self, url: str, shard: Shard, drivers: Mapping[Protocol, StreamDriver]) -> None:
        self._url, self._shard, self._drivers = url, shard, drivers
        self._asked = 0

    def health(self) -> LineHealth:
        """As the child told within the last second; a line whose child is being replaced is down."""
        return self._shard.health(self._url)

    async def run(self) -> None:
        """The child owns it."""
        await asyncio.Event().wait()

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """Nobody speaks unasked here."""

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See FieldLine."""
        return self._drivers[installation.meter.protocol].periodic_items(installation)

    async def read(
        self, installation: MeterInstallation, items: Sequence[str], priority: Priority, deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        return await self._ask(installation, Read(tuple(items), priority), priority, deadline_s)

    async def read_daily_freeze(
        self, installation: MeterInstallation, days: Sequence[int], deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        return await self._ask(installation, ReadDailyFreeze(tuple(days)), Priority.BACKFILL, deadline_s)

    async def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int, deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        return await self._ask(installation, ReadLoadProfile(start, slots), Priority.BACKFILL, deadline_s)

    async def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None, deadline_s: float
    ) -> None:
        """See ClockSetter."""
        if not isinstance(self._drivers[installation.meter.protocol], ClockDriver):
            raise MeterRefused("the clock of this meter cannot be set over its protocol")
        await self._ask(installation, SetClock(remedy, access), Priority.ON_DEMAND, deadline_s)

    async def _ask(
        self, installation: MeterInstallation, request: Request, priority: Priority, deadline_s: float
    ) -> MeterAnswer:
        room = ROOM.queue_size - (0 if priority is Priority.ON_DEMAND else ROOM.reserved_for_people)
        if self._asked >= room:
            raise QueueFull(f"{self._url} has {self._asked} jobs waiting")
        self._asked += 1
        try:
            return await self._shard.ask(installation, request, deadline_s)
        finally:
            self._asked -= 1
