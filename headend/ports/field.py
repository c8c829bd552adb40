"""The way to the meters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from headend.domain.collection import MeterAnswer
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation


class MeterGateway(Protocol):
    """The way to the meters."""

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        """Read items now (the meter's periodic ones when empty), ahead of scheduled work; QueueFull, LineDown."""
        ...

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        """The registers frozen at midnight, 1 = the newest; empty for meters that have none."""
        ...

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        """Registers at slot boundaries from the meter's own memory; empty for meters that have none."""
        ...


class LineWatch(Protocol):
    """What lines tell of themselves."""

    def health(self) -> Mapping[str, LineHealth]:
        """How each line is that was ever used, by its URL."""
        ...
