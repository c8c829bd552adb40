"""Nothing waits without bound: a line takes as much as one of our own, and a slow reader holds up whoever writes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from collectors.shards.line import ROOM, ShardLine
from collectors.shards.messages import Forget
from collectors.shards.shard import Shard, ShardNews, ShardTerms
from collectors.shards.wire import wire_of
from headend.clock import SystemClock
from headend.domain.collection import Priority
from headend.domain.errors import LineDown, QueueFull
from tests.fakes.meters import installation

pytestmark = pytest.mark.asyncio
PEOPLE, SCHEDULE = ROOM.queue_size, ROOM.queue_size - ROOM.reserved_for_people


def line_without_a_child(silent_after_s: float) -> ShardLine:
    async def nobody() -> None:
        raise OSError("no child")

    shard = Shard(
        0,
        nobody,  # type: ignore[arg-type]  # it never gives a child
        clock=SystemClock(),
        terms=ShardTerms(silent_after_s),
        news=ShardNews(),
    )
    return ShardLine("tcp://a:1", shard, {})


async def test_a_line_refuses_the_schedule_first_and_people_last_and_has_room_again() -> None:
    line = line_without_a_child(60.0)

    def ask(priority: Priority) -> asyncio.Task[object]:
        return asyncio.create_task(line.read(installation(), ["clock"], priority, 60.0))

    waiting = [ask(Priority.SCHEDULED) for _ in range(SCHEDULE)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull, match=str(SCHEDULE)):
        await ask(Priority.BACKFILL)
    waiting += [ask(Priority.ON_DEMAND) for _ in range(PEOPLE - SCHEDULE)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull, match=str(PEOPLE)):
        await ask(Priority.ON_DEMAND)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    again = ask(Priority.SCHEDULED)
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_whoever_waits_for_a_child_that_never_comes_is_told_at_its_deadline() -> None:
    with pytest.raises(LineDown, match="in time"):
        await line_without_a_child(0.02).read(installation(), ["clock"], Priority.ON_DEMAND, 0.02)


async def test_a_sender_waits_while_the_other_side_does_not_read() -> None:
    ours, theirs = socket.socketpair()
    wire, sent = await wire_of(ours), 0

    async def send_for_ever() -> None:
        nonlocal sent
        while True:
            await wire.send(Forget(sent))
            sent += 1

    sending = asyncio.create_task(send_for_ever())
    before = -1
    while sent != before:
        before = sent
        await asyncio.sleep(0.1)
    assert sent > 0
    assert not sending.done()
    with theirs:
        theirs.setblocking(False)
        with suppress(BlockingIOError):
            while theirs.recv(1 << 16):
                pass
        await asyncio.sleep(0.1)
        assert sent > before
        sending.cancel()
        wire.close()
