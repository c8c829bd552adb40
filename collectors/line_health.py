"""What a line counts of itself while it works: O(1) for each exchange, no list that grows. Reads no clock."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime

from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.line_health import LATENCY_BOUNDS_S, Latencies, LineHealth

REFUSED = ItemError.REFUSED  # looked up once: `told` runs for every read


@dataclass(slots=True)
class LineCounters:
    """What happened on the line since start; see LineHealth for what each figure means."""

    exchanges: int = 0
    timeouts: int = 0
    strays: int = 0
    noise_bytes: int = 0
    unreadable: int = 0
    refusals: int = 0
    losses: int = 0
    messages: int = 0
    is_open: bool | None = None
    changed_at: datetime | None = None
    reason: str = ""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_S) + 1))

    def answered(self, seconds: float) -> None:
        """An answer that took so long."""
        self.buckets[bisect_left(LATENCY_BOUNDS_S, seconds)] += 1

    def told(self, answer: MeterAnswer) -> None:
        """Count what the meter would not tell."""
        for result in answer.results:
            if result.error is REFUSED:
                self.refusals += 1

    def opened(self, at: datetime) -> None:
        """The line can be used; a line that was open stays as old as it is."""
        if not self.is_open:
            self.is_open, self.changed_at, self.reason = True, at, ""

    def lost(self, at: datetime, reason: str) -> None:
        """It cannot be used; counted once until it is open again, the newest reason stays."""
        if self.is_open is not False:
            self.is_open, self.changed_at = False, at
            self.losses += 1
        self.reason = reason

    def health(self, waiting: int) -> LineHealth:
        """All of it at this moment, with so many jobs waiting."""
        return LineHealth(
            is_open=self.is_open,
            changed_at=self.changed_at,
            reason=self.reason,
            waiting=waiting,
            exchanges=self.exchanges,
            time_outs=self.timeouts,
            strays=self.strays,
            noise_bytes=self.noise_bytes,
            unreadable=self.unreadable,
            refusals=self.refusals,
            losses=self.losses,
            messages=self.messages,
            latencies=Latencies(tuple(self.buckets)),
        )
