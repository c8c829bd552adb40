"""Ups and downs of lines on their way into the event log; a line does not wait for the log."""

from __future__ import annotations

import asyncio

from headend.domain.events import EndDeviceEvent, EventKind
from headend.ports import Clock, EventLog

QUEUE_SIZE = 1000


class LineJournal:
    """Takes changes at once and writes them in order; when the log is far behind, the newest are left out."""

    def __init__(self, events: EventLog, clock: Clock) -> None:
        self._events, self._clock = events, clock
        self._waiting: asyncio.Queue[EndDeviceEvent] = asyncio.Queue(maxsize=QUEUE_SIZE)

    def line_changed(self, url: str, reason: str | None) -> None:
        """A line went down for a reason, or came up (None)."""
        kind = EventKind.LINE_UP if reason is None else EventKind.LINE_DOWN
        if not self._waiting.full():
            self._waiting.put_nowait(EndDeviceEvent(kind, self._clock.now(), f"{url} {reason or ''}".strip()))

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._events.record(await self._waiting.get())
