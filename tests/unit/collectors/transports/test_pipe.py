"""A pipe whose loop is late: what came in time is heard, though the loop looks after the time has passed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

import pytest
import uvloop

from collectors.transports.pipe import ReceivingPipe

LOOPS = {"uvloop": uvloop.new_event_loop, "standard": asyncio.new_event_loop}
PATIENCE_S, LATE_S = 0.05, 0.15


async def heard_on_a_late_loop(word: bytes) -> bytes:
    """One read, in the middle of which the loop does something else for too long, and bytes come meanwhile."""
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    _, pipe = await loop.create_connection(ReceivingPipe, sock=here)

    bell, ringer = socket.socketpair()

    def be_late() -> None:
        bell.recv(1)
        there.sendall(word)
        time.sleep(LATE_S)  # the loop is held up among its sockets: what it does next are its timers

    loop.add_reader(bell, be_late)
    loop.call_later(PATIENCE_S / 5, ringer.sendall, b"!")
    try:
        return await pipe.read(loop.time() + PATIENCE_S)
    finally:
        loop.remove_reader(bell)
        await pipe.close()
        for end in (there, bell, ringer):
            end.close()


@pytest.mark.parametrize("make_loop", LOOPS.values(), ids=LOOPS)
def test_bytes_that_came_in_time_are_heard_by_a_late_loop(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(heard_on_a_late_loop(b"\x68")) == b"\x68"


@pytest.mark.parametrize("make_loop", LOOPS.values(), ids=LOOPS)
def test_silence_is_silence_on_a_late_loop_too(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(heard_on_a_late_loop(b"")) == b""
