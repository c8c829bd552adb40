"""How a line is: open or lost and since when, how its questions went, how long answers took. Figures only, no I/O.

Everything is counted since the head-end started. Latencies are a histogram of fixed buckets, so that a line costs the
same memory after a year as after a minute; a percentile is right within its bucket, each 1.41 times the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

LATENCY_BOUNDS_S: tuple[float, ...] = tuple(round(0.0005 * 2 ** (step / 2), 7) for step in range(36))
"""Upper ends of the buckets, 0.5 ms to 93 s; one more bucket takes what is longer."""
ENOUGH, GOOD_PERCENT = 20, Decimal(90)
"""A line whose questions end in silence more often than this is impaired; judged from so many questions on."""


class LineStanding(StrEnum):
    """From worst to best: it cannot be used, it is open but many questions get no answer, it is well, nobody asked."""

    DOWN = "down"
    IMPAIRED = "impaired"
    UP = "up"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Latencies:
    """How many answers took how long: a count for each bucket of LATENCY_BOUNDS_S, and one for what is beyond."""

    counts: tuple[int, ...] = (0,) * (len(LATENCY_BOUNDS_S) + 1)

    def __post_init__(self) -> None:
        if len(self.counts) != len(LATENCY_BOUNDS_S) + 1:
            raise ValueError(f"{len(self.counts)} buckets, not {len(LATENCY_BOUNDS_S) + 1}")

    @property
    def total(self) -> int:
        """All answers."""
        return sum(self.counts)

    def percentile_s(self, percent: int) -> float | None:
        """The time within which so many percent were answered, evenly spread in its bucket; None without answers."""
        if self.total == 0:
            return None
        rank, below = self.total * percent / 100, 0
        for bucket, count in enumerate(self.counts):
            if count and below + count >= rank:
                low = LATENCY_BOUNDS_S[bucket - 1] if bucket else 0.0
                high = LATENCY_BOUNDS_S[min(bucket, len(LATENCY_BOUNDS_S) - 1)]
                return low + (high - low) * (rank - below) / count
            below += count
        raise AssertionError("a rank is never above the total")


@dataclass(frozen=True, slots=True)
class TerminalPresence:
    """A terminal that dials in: its last login or heartbeat, and how often it has logged in."""

    online_since: datetime | None = None
    last_heartbeat: datetime | None = None
    logins: int = 0


@dataclass(frozen=True, slots=True)
class LineHealth:
    """One line. `is_open` is None before the first try; `changed_at` says since when it is as it is.

    `messages` came unasked; `unreadable` ones could not be understood; `noise_bytes` were no frame; strays answered
    nothing that was asked; `losses` and `restarts` say how often the line broke and its owner failed.
    """

    is_open: bool | None = None
    changed_at: datetime | None = None
    reason: str = ""
    waiting: int = 0
    exchanges: int = 0
    time_outs: int = 0
    strays: int = 0
    noise_bytes: int = 0
    unreadable: int = 0
    refusals: int = 0
    losses: int = 0
    restarts: int = 0
    messages: int = 0
    latencies: Latencies = Latencies()
    terminal: TerminalPresence | None = None

    @property
    def success_percent(self) -> Decimal | None:
        """Answers of all questions whose time is over, rounded down; None before the first."""
        ended = self.latencies.total + self.time_outs
        if ended == 0:
            return None
        return (100 * Decimal(self.latencies.total) / ended).quantize(Decimal("0.01"), ROUND_DOWN)

    @property
    def standing(self) -> LineStanding:
        """In one word."""
        if self.is_open is None:
            return LineStanding.UNUSED
        if not self.is_open:
            return LineStanding.DOWN
        percent = self.success_percent
        is_judged = self.latencies.total + self.time_outs >= ENOUGH
        return (
            LineStanding.IMPAIRED if is_judged and percent is not None and percent < GOOD_PERCENT else LineStanding.UP
        )
