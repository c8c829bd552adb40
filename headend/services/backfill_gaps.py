"""Backfill: ask a meter for what we missed, newest first, from its own memory. Invents nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.metering import MeterInstallation
from headend.ports import Clock, MeterGateway, ReadingSink
from headend.queries.gaps import ListGaps

REGISTER = "active_energy_import"


class BackfillGaps:
    """Fills the gaps of one meter at a time; how many meters at once is the caller's business."""

    def __init__(
        self, gaps: ListGaps, gateway: MeterGateway, sink: ReadingSink, *, zone: ZoneInfo, clock: Clock
    ) -> None:
        self._gaps, self._gateway, self._sink = gaps, gateway, sink
        self._zone, self._clock = zone, clock

    async def fill(self, installation: MeterInstallation, since: datetime) -> int:
        """Re-read load profile and daily freezes since then; returns how many readings came."""
        received = 0
        for gap in reversed(await self._gaps.of(REGISTER, since, installation.id)):
            answer = await self._gateway.read_load_profile(installation, gap.start, gap.slots)
            if not answer.results:
                break  # this meter keeps no load profile
            await self._sink.accept(answer.readings)
            received += len(answer.readings)
            if not answer.is_answered:
                return received
        return received + await self._fill_midnights(installation, since)

    async def _fill_midnights(self, installation: MeterInstallation, since: datetime) -> int:
        days = await self._missing_midnights(installation, since)
        if not days:
            return 0
        answer = await self._gateway.read_daily_freeze(installation, days)
        await self._sink.accept(answer.readings)
        return len(answer.readings)

    async def _missing_midnights(self, installation: MeterInstallation, since: datetime) -> list[int]:
        """How many days ago each missing midnight register was frozen, 1 = the newest."""
        today = self._clock.now().astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        first = since.astimezone(self._zone)
        midnights = [today - timedelta(days=back) for back in range(62) if today - timedelta(days=back) >= first]
        missing = await self._gaps.midnights(REGISTER, installation.id, midnights)
        return [1 + (today.date() - midnight.date()).days for midnight in missing]
