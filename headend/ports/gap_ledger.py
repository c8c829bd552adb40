"""Where the open and the closed gaps are kept, and what explains them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from headend.domain.gap_ledger import NEVER, ClosedRuns, GapReason, GapRuns, LedgerChange
from headend.domain.metering import MeterInstallation

# Which meters cannot be read now, and why; by installation.
Absent = Callable[[Sequence[MeterInstallation]], Mapping[int, GapReason]]
# How far back a meter remembers its load records; None when nobody knows.
MemoryDepth = Callable[[MeterInstallation], timedelta | None]


@dataclass(frozen=True, slots=True)
class LedgerQuestion:
    """Runs that touch the slots [first, end), of these installations and types (None: all), due by `due_by` (us)."""

    first: int = 0
    end: int = 1 << 23
    installations: Sequence[int] | None = None
    reading_type: int | None = None
    due_by: int = NEVER


class GapLedger(Protocol):
    """Runs of missing slots; a closed run is kept as long as the site wants and never changed."""

    async def open_runs(self, asked: LedgerQuestion) -> GapRuns:
        """Open runs by type, installation and slot."""
        ...

    async def closed_runs(self, asked: LedgerQuestion, limit: int) -> ClosedRuns:
        """Closed runs, the newest closing first."""
        ...

    async def change(self, change: LedgerChange) -> None:
        """All of it or nothing, durable on return; Conflict when a row that goes is not there any more."""
        ...
