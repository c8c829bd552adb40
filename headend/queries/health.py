"""Is the head-end well: can it read and keep? Answers without touching a meter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from headend.domain.errors import StoreUnavailable
from headend.ports import Clock, MeterRegistry, ReadingStore


@dataclass(frozen=True, slots=True)
class Health:
    """`problems` is empty when all is well; `is_serving` is false when the state store cannot be read."""

    now: datetime
    is_serving: bool
    is_spooling: bool
    problems: tuple[str, ...]


class ShowHealth:
    """Asks both stores a small question."""

    def __init__(
        self, registry: MeterRegistry, store: ReadingStore, is_spooling: Callable[[], bool], clock: Clock
    ) -> None:
        self._registry, self._store, self._is_spooling, self._clock = registry, store, is_spooling, clock

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
        return Health(now, is_serving, is_spooling, tuple(problems))
