"""Time, chance and password hashing, as what the head-end lets itself be given."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time. The only way to it."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellation passes."""
        ...


class Random(Protocol):
    """Chance. The only way to it."""

    def token(self, size: int) -> str:
        """URL-safe text of `size` unguessable bytes."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        ...


class Passwords(Protocol):
    """A slow password hash."""

    async def hash(self, password: str) -> str:
        """Text to keep instead of the password."""
        ...

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; takes as long for None (nobody has this name)."""
        ...
