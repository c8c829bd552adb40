"""Running async work from a command, on uvloop where there is one.

Ctrl-C and SIGTERM end long-running work by cancelling it, so that everything is closed in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
YOUNG_OBJECTS = 20_000  # before the youngest are looked through; Python's own 700 cost a fleet's collection 6 %


def run(work: Coroutine[Any, Any, Result]) -> Result:  # Any: nothing is yielded or sent
    """Run to the end on a loop of its own."""
    calm_collector()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work)
    finally:
        gc.unfreeze()  # what stays frozen at the end is told as leaked by libraries that count their objects


def calm_collector() -> None:
    """Look for cycles less often: nearly all that an exchange makes is gone with it, and what is imported stays."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not on every operating system
        return None
    return uvloop.new_event_loop


async def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:  # Any: nothing is yielded or sent
    """Run `work` until it ends; SIGINT and SIGTERM cancel it."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    try:
        await asyncio.wait({task})
        with contextlib.suppress(asyncio.CancelledError):
            task.result()
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
