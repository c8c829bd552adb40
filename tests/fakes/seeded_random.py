"""Chance that can be repeated, where the head-end takes the operating system's."""

from __future__ import annotations

from random import Random


class SeededRandom:
    """The port Random over a seeded generator."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def token(self, size: int) -> str:
        """Not unguessable at all."""
        return self._chance.randbytes(size).hex()

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return self._chance.uniform(low, high)
