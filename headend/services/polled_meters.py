"""Which meters the schedule and backfill ask: all that are installed but those that are parked. Asks none itself."""

from __future__ import annotations

from collections.abc import Sequence

from headend.domain.metering import MeterInstallation
from headend.ports import MeterRegistry
from headend.services.park_meters import ParkMeters


class PolledMeters:
    """Port Roster."""

    def __init__(self, registry: MeterRegistry, parking: ParkMeters) -> None:
        self._registry, self._parking = registry, parking

    async def installations(self) -> Sequence[MeterInstallation]:
        """The open installations that are not parked now; those whose parking is over are among them again."""
        await self._parking.end_expired()
        parked = await self._parking.parked()
        return [one for one in await self._registry.installations() if one.id not in parked]
