"""When to try a broken line again: 1, 2, 4 ... 60 s and some chance more. Tells loss once and return once.

Lines that broke together must not come back together: one switch may stand before fifty gateways. Chance is given, not
taken; without it (one broker, tests) the times are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from headend.ports import Random

FIRST_S, LONGEST_S = 1.0, 60.0
SPREAD_S = (
    15.0  # over which the first tries of lines that broke together fall; 50 lines are then three or four a second
)


@dataclass(slots=True)
class Backoff:
    """State of one line's reopening."""

    random: Random | None = None
    failures: int = 0
    retry_at: float = 0.0
    reason: str = ""

    def fail(self, now: float, reason: str) -> bool:
        """Count a failure; True when it is the first, so that loss is told once."""
        self.reason = reason
        self.retry_at = now + min(FIRST_S * 2**self.failures, LONGEST_S) + self._spread()
        self.failures += 1
        return self.failures == 1

    def succeed(self) -> bool:
        """Forget failures; True when there were some, so that return is told once."""
        had_failed = self.failures > 0
        self.failures, self.retry_at = 0, 0.0
        return had_failed

    def remaining(self, now: float) -> float:
        """Seconds until the next try is allowed; 0 or less means now."""
        return self.retry_at - now

    def _spread(self) -> float:
        return self.random.uniform(0.0, SPREAD_S) if self.random is not None else 0.0
