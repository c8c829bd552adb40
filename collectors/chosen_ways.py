"""Whoever asks outside of a pass asks by the way in use: people, backfill, reads at dates of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from collectors.ways import WaySteering
from headend.domain.collection import MeterAnswer
from headend.domain.gap_ledger import GapReason
from headend.domain.metering import MeterInstallation
from headend.ports import Absent, MeterGateway, Roster


class ChosenWayGateway:
    """MeterGateway by the way in use; a meter with its own line alone goes through untouched."""

    def __init__(self, gateway: MeterGateway, ways: WaySteering) -> None:
        self._gateway, self._ways = gateway, ways

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        """See MeterGateway."""
        return await self._gateway.read(await self._reached(installation), items, deadline_s)

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        """See MeterGateway."""
        return await self._gateway.read_daily_freeze(await self._reached(installation), days)

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        """See MeterGateway."""
        return await self._gateway.read_load_profile(await self._reached(installation), start, slots)

    async def _reached(self, installation: MeterInstallation) -> MeterInstallation:
        await self._ways.refresh()
        return self._ways.in_use(installation)


class ChosenWayRoster:
    """Roster of meters as the ways in use reach them, so that work is sorted by the lines that will do it."""

    def __init__(self, roster: Roster, ways: WaySteering) -> None:
        self._roster, self._ways = roster, ways

    async def installations(self) -> Sequence[MeterInstallation]:
        """See Roster."""
        await self._ways.refresh()
        return [self._ways.in_use(one) for one in await self._roster.installations()]


def absent_by_way(absent: Absent, ways: WaySteering) -> Absent:
    """Why meters cannot be read now, where the way in use decides and not their own line."""

    def by_way(installations: Sequence[MeterInstallation]) -> Mapping[int, GapReason]:
        return absent([ways.in_use(one) for one in installations])

    return by_way
