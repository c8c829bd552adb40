"""PlanMeters for tests that are about something else: every plan asks the whole roster."""

from __future__ import annotations

from collections.abc import Sequence

from headend.domain.metering import MeterInstallation
from headend.domain.plans import Plan
from headend.ports import Roster


class AllMeters:
    """Everybody on a roster."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def of(self, plan: Plan) -> Sequence[MeterInstallation]:
        return await self._roster.installations()
