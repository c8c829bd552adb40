"""How a bench measures: contenders take turns, medians count, and the line it prints. No contender of its own."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

OURS = "ours"


class Line(TypedDict):
    """One comparison. `ratio` is ours / peer, both in `unit`, measured in the same run."""

    bench: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    unit: str
    seed: int


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `share` of the full amount, each contender `repeats` times; files go to `data`."""

    data: Path
    seed: int = 645
    share: float = 1.0
    repeats: int = 5

    def of(self, full: int) -> int:
        """The part of a full amount, at least one."""
        return max(1, round(full * self.share))


def rate(work: Callable[[], int]) -> float:
    """Pieces a second of work that tells how many pieces it did."""
    began = time.perf_counter()
    pieces = work()
    return pieces / (time.perf_counter() - began)


async def async_rate(work: Callable[[], Awaitable[int]]) -> float:
    """The same of asynchronous work."""
    began = time.perf_counter()
    pieces = await work()
    return pieces / (time.perf_counter() - began)


def in_turn(size: Size, contenders: Mapping[str, Callable[[], int]]) -> Mapping[str, float]:
    """The median rate of each; one round goes unmeasured, and each round hears everybody once."""
    for work in contenders.values():
        work()
    with _set_aside():
        rounds = [{name: rate(work) for name, work in contenders.items()} for _ in range(size.repeats)]
    return _medians(rounds)


async def in_turn_async(size: Size, contenders: Mapping[str, Callable[[], Awaitable[int]]]) -> Mapping[str, float]:
    """The same of asynchronous contenders."""
    for work in contenders.values():
        await work()
    with _set_aside():
        rounds = [{name: await async_rate(work) for name, work in contenders.items()} for _ in range(size.repeats)]
    return _medians(rounds)


def lines(bench: str, unit: str, seed: int, rates: Mapping[str, float]) -> list[Line]:
    """Ours against each of the others."""
    ours = rates[OURS]
    return [
        Line(
            bench=bench,
            ours=round(ours, 1),
            peer=round(peer, 1),
            peer_name=name,
            ratio=round(ours / peer, 3),
            unit=unit,
            seed=seed,
        )
        for name, peer in rates.items()
        if name != OURS
    ]


@contextmanager
def _set_aside() -> Iterator[None]:
    """Nobody's garbage collection shall go through what another contender keeps in the same process."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _medians(rounds: list[dict[str, float]]) -> Mapping[str, float]:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
