"""What a child process does: does what is asked with its own lines, beats, and ends when its parent is gone.

It keeps nothing: no store, no registry, no memory of meters. Whatever it learns goes to the parent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog

from collectors.gateway import FieldGateway, MakeLine
from collectors.lines import FieldLine
from collectors.shards.frames import BrokenFrames
from collectors.shards.messages import (
    Ask,
    Beat,
    Failed,
    Forget,
    LineChanged,
    OwnerRestarted,
    Read,
    ReadDailyFreeze,
    ReadLoadProfile,
    SetClock,
    Told,
)
from collectors.shards.wire import Wire
from headend.domain.collection import MeterAnswer
from headend.domain.errors import HeadEndError, LineDown
from headend.ports import Clock

log = structlog.get_logger()
BEAT_S = 1.0


class Serving:
    """One child's work over one wire."""

    def __init__(self, makers: Mapping[str, MakeLine], wire: Wire, *, clock: Clock, beat_s: float = BEAT_S) -> None:
        self._wire, self._clock, self._beat_s = wire, clock, beat_s
        self._gateway = FieldGateway(
            makers,
            lambda url, reason: wire.send_soon(LineChanged(url, reason)),
            clock=clock,
            on_restart=lambda url, reason: wire.send_soon(OwnerRestarted(url, reason)),
        )
        self._answering: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until the parent is gone."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._gateway.run()), group.create_task(self._beat())]
            await self._gateway.is_running.wait()
            try:
                await self._heed(group)
            finally:
                for task in [*tasks, *self._answering.values()]:
                    task.cancel()

    async def _beat(self) -> None:
        try:
            while True:
                await self._wire.send(Beat(self._gateway.health()))
                await self._clock.sleep(self._beat_s)
        except OSError:
            return  # the parent is gone: whoever listens to it knows too

    async def _heed(self, group: asyncio.TaskGroup) -> None:
        try:
            async for message in self._wire.messages():
                match message:
                    case Ask(number):
                        self._answering[number] = group.create_task(self._answer(message))
                    case Forget(number):
                        if number in self._answering:
                            self._answering[number].cancel()
                    case _:
                        raise BrokenFrames(f"a message that no parent sends: {type(message).__name__}")
        except OSError:
            return

    async def _answer(self, ask: Ask) -> None:
        """The parent has bounded what it asks, and while it does not take answers this waits."""
        said: Told | Failed
        try:
            answer = await self._perform(ask)
            said = Told(ask.number, answer.results, answer.readings)
        except HeadEndError as error:
            said = Failed(ask.number, error)
        except Exception as error:  # our own fault costs this question and nobody else's
            log.exception("question failed", line=ask.installation.meter.line.url)
            said = Failed(ask.number, LineDown(f"internal error: {error!r}"))
        finally:
            del self._answering[ask.number]
        with suppress(OSError):
            await self._wire.send(said)

    async def _perform(self, ask: Ask) -> MeterAnswer:
        installation, deadline_s = ask.installation, ask.deadline_s
        line: FieldLine = self._gateway.line(installation)
        match ask.request:
            case Read(items, priority):
                return await line.read(installation, items, priority, deadline_s)
            case ReadDailyFreeze(days):
                return await line.read_daily_freeze(installation, days, deadline_s)
            case ReadLoadProfile(start, slots):
                return await line.read_load_profile(installation, start, slots, deadline_s)
            case SetClock(remedy, access):
                await self._gateway.set_clock(installation, remedy, access, deadline_s)
                return MeterAnswer(installation, (), ())
