"""Clocks and chance for the real world, and a clock that is stepped by hand for demonstrations."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back: what asyncio's loops and uvloop count by too, asked without the loop's detour."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class SteppedClock(SystemClock):
    """A wall clock that stands still until it is moved; waiting stays real."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant` from now on."""
        self._now = instant


class SystemRandom:
    """Chance from the operating system."""

    def token(self, size: int) -> str:
        """URL-safe text of `size` unguessable bytes."""
        return secrets.token_urlsafe(size)

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * secrets.randbits(53) / (1 << 53)
