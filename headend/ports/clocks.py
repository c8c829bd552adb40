"""What is kept of meters' clocks, and the way to set one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from headend.domain.clock_correction import ClockOrder, Remedy, WriteAccess
from headend.domain.clocks import ClockJump, ClockState
from headend.domain.metering import MeterInstallation
from headend.domain.readings import ReadingBatch


class BatchWatcher(Protocol):
    """Learns from what is about to be kept; see `follow_clocks` and `judge_states`."""

    async def follow(self, batch: ReadingBatch) -> ReadingBatch:
        """The batch, with marks of its own."""
        ...


class ClockBook(Protocol):
    """States, jumps and orders. Jumps and orders are never deleted."""

    async def states(self) -> Sequence[ClockState]:
        """By installation."""
        ...

    async def keep(self, states: Sequence[ClockState]) -> None:
        """In the place of what was known of the same installations."""
        ...

    async def add_jumps(self, jumps: Sequence[ClockJump]) -> None:
        """More of them."""
        ...

    async def jumps(self, installation_id: int | None = None) -> Sequence[ClockJump]:
        """Of one meter or of all, oldest first."""
        ...

    async def has_broadcast(self, line_id: int, day: str) -> bool:
        """Whether a broadcast went to this line on this local day."""
        ...

    async def open_order(self, order: ClockOrder) -> ClockOrder:
        """Durable before anything is sent; Conflict for a second broadcast to a line on one day."""
        ...

    async def close_order(self, order: ClockOrder) -> None:
        """What came of it."""
        ...

    async def orders(self, installation_id: int) -> Sequence[ClockOrder]:
        """Newest first."""
        ...


@runtime_checkable
class ClockSetter(Protocol):
    """The way to a meter's clock."""

    async def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None, deadline_s: float
    ) -> None:
        """Send one frame, once. MeterRefused: it said no. NoAnswer: nobody knows. A broadcast is never answered."""
        ...


class MeterAccess(Protocol):
    """Where passwords of meters come from."""

    def of(self, installation: MeterInstallation) -> WriteAccess | None:
        """None where there is none; ConfigError for a file that others can read."""
        ...
