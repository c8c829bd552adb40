"""A child process as its parent sees it: started with one end of a socket pair, ended by SIGKILL. Judges no health."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from collectors.shards.wire import Wire, wire_of


@dataclass(frozen=True, slots=True)
class Child:
    """A running process and the way to it."""

    process: asyncio.subprocess.Process
    wire: Wire


Start = Callable[[], Awaitable[Child]]
Fence = Callable[[Child], Awaitable[None]]


async def start_child(command: Sequence[str]) -> Child:
    """Run `command --fd N`; OSError. It inherits that one descriptor and our stderr, and is no part of our terminal."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                "--fd",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
    return Child(process, await wire_of(ours))


async def kill_and_reap(child: Child) -> None:
    """The fence. When this returns the child is no more: a paused process is killed too, and can never wake up."""
    with suppress(ProcessLookupError):
        child.process.send_signal(signal.SIGKILL)
    await child.process.wait()
