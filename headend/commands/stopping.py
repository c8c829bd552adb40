"""Ctrl-C and SIGTERM end a long-running command by cancelling its work, so that everything is closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

GRACE_S = 4.5


async def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:  # Any: nothing is yielded or sent
    """Run `work` until it ends or a signal comes; its cancellation may take GRACE_S at most."""
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
