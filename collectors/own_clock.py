"""By how much our own wall clock was set since the start. Judges nothing: either side may be the right one."""

from __future__ import annotations

from datetime import timedelta

from headend.ports import Clock


class OwnClock:
    """Wall time against monotonic time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start: timedelta | None = None

    def set_by(self) -> timedelta:
        """Zero until somebody sets it; counted from when this was first asked."""
        ahead = timedelta(seconds=self._clock.now().timestamp() - self._clock.monotonic())
        if self._start is None:
            self._start = ahead
        return ahead - self._start
