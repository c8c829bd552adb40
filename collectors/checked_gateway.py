"""MeterGateway that knows who answers: what a person or backfill reads belongs to the meter that truly told it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collectors.gateway import FieldGateway
from collectors.identity import IdentityWatch
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import NoAnswer
from headend.domain.metering import MeterInstallation

TELL_DEADLINE_S = 60.0


class CheckedGateway:
    """Memory is only read of a meter that has just said who it is; a register read is settled afterwards."""

    def __init__(self, gateway: FieldGateway, identity: IdentityWatch) -> None:
        self._gateway, self._identity = gateway, identity

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        """See MeterGateway; the answer bears the installation whose meter answered."""
        line = self._gateway.line(installation)
        asked = self._identity.with_identity(installation, items or line.periodic_items(installation))
        answer = await self._gateway.read(installation, asked, deadline_s)
        return await self._identity.settled(installation, answer, self._tell_now)

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        """See MeterGateway; NoAnswer when another meter answers."""
        await self._require(installation)
        return await self._gateway.read_daily_freeze(installation, days)

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        """See MeterGateway; NoAnswer when another meter answers."""
        await self._require(installation)
        return await self._gateway.read_load_profile(installation, start, slots)

    async def _require(self, installation: MeterInstallation) -> None:
        if not await self._identity.is_sure(installation, self._tell_later):
            raise NoAnswer("another meter answers in its place")

    async def _tell_now(self, installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
        return await self._gateway.read(installation, items, TELL_DEADLINE_S)

    async def _tell_later(self, installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
        return await self._gateway.line(installation).read(installation, items, Priority.BACKFILL, TELL_DEADLINE_S)
