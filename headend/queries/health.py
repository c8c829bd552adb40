"""Is the head-end well: can it read and keep, and in time? Answers without touching a meter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from headend.domain.errors import StoreUnavailable
from headend.ports import Clock, MeterRegistry, ReadingStore

LATE_LOOP_S = 0.5  # answers of meters are not lost by it, but people wait and deadlines are missed


@dataclass(frozen=True, slots=True)
class Health:
    """`problems` is empty when all is well; `is_serving` is false when the state store cannot be read.

    `loop_lag_p99_s`: one waking of a hundred of the event loop was later than so many seconds; None where unknown.
    """

    now: datetime
    is_serving: bool
    is_spooling: bool
    problems: tuple[str, ...]
    loop_lag_p99_s: float | None = None


class ShowHealth:
    """Asks both stores a small question, and how late the event loop is."""

    def __init__(
        self,
        registry: MeterRegistry,
        store: ReadingStore,
        is_spooling: Callable[[], bool],
        clock: Clock,
        *,
        loop_lag_p99_s: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._registry, self._store, self._is_spooling, self._clock = registry, store, is_spooling, clock
        self._loop_lag_p99_s = loop_lag_p99_s

    async def health(self) -> Health:
        """The state of this moment."""
        now = self._clock.now()
        problems = []
        is_serving = True
        try:
            await self._registry.installations()
        except StoreUnavailable as error:
            problems.append(f"state store: {error}")
            is_serving = False
        try:
            await self._store.last_received(now - timedelta(minutes=1))
        except StoreUnavailable as error:
            problems.append(f"reading store: {error}")
        is_spooling = self._is_spooling()
        if is_spooling:
            problems.append("readings wait in the spool until the reading store is back")
        lag_s = self._loop_lag_p99_s()
        if lag_s is not None and lag_s > LATE_LOOP_S:
            problems.append(
                f"the event loop is late: 1 of 100 wakings by over {lag_s:.1f} s; the machine has too much to do"
            )
        return Health(now, is_serving, is_spooling, tuple(problems), lag_s)
