"""In-memory twin of ClockBook, a setter that does what a test says, and access by a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from headend.domain.clock_correction import ClockOrder, Remedy, WriteAccess
from headend.domain.clocks import ClockJump, ClockState
from headend.domain.errors import Conflict
from headend.domain.metering import MeterInstallation


class MemoryClockBook:
    """Port ClockBook."""

    def __init__(self) -> None:
        self._states: dict[int, ClockState] = {}
        self._jumps: list[ClockJump] = []
        self._orders: list[ClockOrder] = []

    async def states(self) -> Sequence[ClockState]:
        return [self._states[number] for number in sorted(self._states)]

    async def keep(self, states: Sequence[ClockState]) -> None:
        self._states |= {one.installation_id: one for one in states}

    async def add_jumps(self, jumps: Sequence[ClockJump]) -> None:
        self._jumps += jumps

    async def jumps(self, installation_id: int | None = None) -> Sequence[ClockJump]:
        return [one for one in self._jumps if installation_id in (None, one.installation_id)]

    async def has_broadcast(self, line_id: int, day: str) -> bool:
        wanted = (line_id, day, Remedy.BROADCAST)
        return any((one.line_id, one.day, one.remedy) == wanted for one in self._orders)

    async def open_order(self, order: ClockOrder) -> ClockOrder:
        if order.remedy is Remedy.BROADCAST and await self.has_broadcast(order.line_id, order.day):
            raise Conflict("a broadcast went to this line today already")
        kept = replace(order, id=len(self._orders) + 1)
        self._orders.append(kept)
        return kept

    async def close_order(self, order: ClockOrder) -> None:
        self._orders[order.id - 1] = order

    async def orders(self, installation_id: int) -> Sequence[ClockOrder]:
        return [one for one in reversed(self._orders) if one.installation_id == installation_id]


class ScriptedSetter:
    """Port ClockSetter: counts, and does `then`."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, Remedy, WriteAccess | None]] = []
        self.then: Callable[[], None] = lambda: None

    async def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None, deadline_s: float
    ) -> None:
        self.sent.append((installation.id, remedy, access))
        self.then()


class KnownAccess:
    """Port MeterAccess: one answer for all."""

    def __init__(self, access: WriteAccess | None = None) -> None:
        self.access = access

    def of(self, installation: MeterInstallation) -> WriteAccess | None:
        return self.access
