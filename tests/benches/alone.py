"""A contender in a process of its own, as its users run it. What it does is its own module's business.

One process for all would measure its history: asyncio's standard loop asks for 256 KiB of memory at each receive, and
glibc takes that fresh from the kernel each time until somebody in the process has given back a block as large. A bare
Protocol so does 40,000 round trips a second in a fresh process, and 140,000 behind a loop that once freed one.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from enum import StrEnum
from multiprocessing.connection import Connection

Work = Callable[[], Awaitable[int]]
Contender = Callable[..., AbstractAsyncContextManager[Work]]


class Loop(StrEnum):
    """Whose event loop a contender runs on."""

    STANDARD = "standard loop"
    UVLOOP = "uvloop"


@contextmanager
def alone(loop: Loop, contender: Contender, *given: object) -> Iterator[Callable[[], int]]:
    """A round of a contender that stands ready elsewhere, each call; it tells how many pieces it did."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe()
    process = spawning.Process(target=_stand_ready, args=(there, loop, contender, given), daemon=True)
    process.start()
    there.close()
    try:
        here.recv()

        def one_round() -> int:
            here.send(True)
            done: int = here.recv()
            return done

        yield one_round
        here.send(False)
        process.join(10)
    finally:
        process.kill()
        process.join()


def _stand_ready(pipe: Connection, loop: Loop, contender: Contender, given: Sequence[object]) -> None:
    with asyncio.Runner(loop_factory=_factory(loop)) as runner:
        ready = contender(*given)
        work = runner.run(ready.__aenter__())
        gc.collect()
        gc.freeze()
        pipe.send(True)
        while pipe.recv():
            pipe.send(runner.run(_one(work)))
        runner.run(ready.__aexit__(None, None, None))


async def _one(work: Work) -> int:
    return await work()


def _factory(loop: Loop) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if loop is Loop.STANDARD:
        return None
    import uvloop  # not loaded where the standard loop is measured

    return uvloop.new_event_loop
