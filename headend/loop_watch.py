"""How late the event loop is: whatever blocks it holds up every meter and every person at once. Mends nothing."""

from __future__ import annotations

from collections import deque

from headend.ports import Clock

EVERY_S = 0.1
KEPT = 6_000  # looks: the last ten minutes
FEWEST = 20  # looks, below which a percentile says nothing


class LoopWatch:
    """Sleeps a little, again and again, and keeps by how much each waking was late."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._late_s: deque[float] = deque(maxlen=KEPT)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            due = self._clock.monotonic() + EVERY_S
            await self._clock.sleep(EVERY_S)
            self._late_s.append(max(0.0, self._clock.monotonic() - due))

    def lag_p99_s(self) -> float | None:
        """Of a hundred wakings of the last ten minutes one was later than this, in seconds; None after a start."""
        if len(self._late_s) < FEWEST:
            return None
        return sorted(self._late_s)[len(self._late_s) * 99 // 100]
