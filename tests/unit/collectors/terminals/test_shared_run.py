"""Work for many: begun by the first, ended with the last, and its error meets all."""

from __future__ import annotations

import asyncio

import pytest

from collectors.terminals.shared_run import SharedRun
from tests.unit.collectors.terminals.test_directory import virtually


class Work:
    """Waits, and fails when it is told to."""

    def __init__(self) -> None:
        self.starts = 0
        self.is_running = False
        self.failure: Exception | None = None
        self.go = asyncio.Event()

    async def run(self) -> None:
        self.starts += 1
        self.is_running = True
        try:
            await self.go.wait()
            if self.failure:
                raise self.failure
        finally:
            self.is_running = False


async def started(share: SharedRun, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(share.run()) for _ in range(count)]
    await asyncio.sleep(0.01)
    return tasks


async def end(*tasks: asyncio.Task[None]) -> list[object]:
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


@virtually
async def test_the_first_starts_it_and_the_last_ends_it() -> None:
    work = Work()
    first, second = await started(SharedRun(work.run), 2)
    assert work.starts == 1
    await end(first)
    assert work.is_running
    await end(second)
    assert not work.is_running


@virtually
async def test_it_can_be_started_again() -> None:
    work = Work()
    share = SharedRun(work.run)
    await end(*await started(share, 1))
    await end(*await started(share, 1))
    assert work.starts == 2


@virtually
async def test_its_error_meets_all_and_the_next_starts_anew() -> None:
    work = Work()
    share = SharedRun(work.run)
    tasks = await started(share, 2)
    work.failure = RuntimeError("broken")
    work.go.set()
    assert [str(error) for error in await asyncio.gather(*tasks, return_exceptions=True)] == ["broken", "broken"]
    with pytest.raises(RuntimeError):
        await share.run()
    assert work.starts == 2
