"""The loop's lateness is measured where it happens, and told with the head-end's health."""

from __future__ import annotations

import asyncio

import pytest

from headend.domain.reading_types import ReadingTypeTable
from headend.loop_watch import FEWEST, LoopWatch
from headend.queries.health import LATE_LOOP_S, ShowHealth
from tests.fakes.memory_readings import MemoryReadingStore
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.virtual_time import VirtualClock, run_virtual


class _BlockedClock(VirtualClock):
    """Every so many wakings something holds the loop for a while."""

    def __init__(self, *, every: int, for_s: float) -> None:
        super().__init__()
        self._every, self._for_s, self._wakings = every, for_s, 0

    async def sleep(self, seconds: float) -> None:
        self._wakings += 1
        is_blocked = self._wakings % self._every == 0
        await super().sleep(seconds + (self._for_s if is_blocked else 0))


def lag(clock: VirtualClock, seconds: float) -> float | None:
    async def watched() -> float | None:
        watch = LoopWatch(clock)
        task = asyncio.create_task(watch.run())
        await asyncio.sleep(seconds)
        task.cancel()
        return watch.lag_p99_s()

    return run_virtual(watched())


def test_a_loop_that_keeps_time_is_not_late() -> None:
    assert lag(VirtualClock(), 60) == pytest.approx(0, abs=1e-6)


def test_one_waking_in_fifty_that_is_late_shows_and_one_in_a_thousand_does_not() -> None:
    assert lag(_BlockedClock(every=50, for_s=0.3), 60) == pytest.approx(0.3)
    assert lag(_BlockedClock(every=1000, for_s=0.3), 60) == pytest.approx(0, abs=1e-6)


def test_right_after_a_start_nothing_is_said() -> None:
    assert lag(VirtualClock(), FEWEST * 0.1 - 0.15) is None


@pytest.mark.parametrize(("late_s", "problems"), [(None, 0), (LATE_LOOP_S / 2, 0), (LATE_LOOP_S * 2, 1)])
def test_a_loop_that_is_often_late_is_a_problem(late_s: float | None, problems: int) -> None:
    async def health() -> int:
        clock = VirtualClock()
        stores = MemoryMeterRegistry(), MemoryReadingStore(ReadingTypeTable(()))
        found = await ShowHealth(*stores, lambda: False, clock, loop_lag_p99_s=lambda: late_s).health()
        assert found.loop_lag_p99_s == late_s
        return len(found.problems)

    assert run_virtual(health()) == problems
