"""What every campaign reports: one JSON line. 0 of n means, with 95 % confidence, a rate below 3/n."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TypedDict


class Verdict(TypedDict):
    """`tried` counts what the campaign is about; `examples` holds up to five violations."""

    id: str
    seed: int
    tried: int
    violations: int
    secs: float
    examples: list[str]


class Stopwatch:
    """Seconds since it was made, and verdicts that bear them."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def verdict(self, campaign: str, seed: int, tried: int, violations: Sequence[str]) -> Verdict:
        """The verdict now."""
        secs = round(time.perf_counter() - self._began, 3)
        return Verdict(
            id=campaign, seed=seed, tried=tried, violations=len(violations), secs=secs, examples=list(violations[:5])
        )
