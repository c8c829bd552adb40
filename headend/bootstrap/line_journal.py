"""Ups and downs of lines, and what meters tell beside readings, on their way into the event log.

A line does not wait for the log.
"""

from __future__ import annotations

import asyncio

from collectors.mqtt.messages import MeterNews
from headend.domain.events import EndDeviceEvent, EventKind
from headend.ports import Clock, EventLog

QUEUE_SIZE = 1000


class LineJournal:
    """Takes changes at once and writes them in order; when the log is far behind, the newest are left out."""

    def __init__(self, events: EventLog, clock: Clock) -> None:
        self._events, self.clock = events, clock
        self._waiting: asyncio.Queue[EndDeviceEvent] = asyncio.Queue(maxsize=QUEUE_SIZE)

    def line_changed(self, url: str, reason: str | None) -> None:
        """A line went down for a reason, or came up (None)."""
        kind = EventKind.LINE_UP if reason is None else EventKind.LINE_DOWN
        self._put(EndDeviceEvent(kind, self.clock.now(), f"{url} {reason or ''}".strip()))

    def line_restarted(self, url: str, reason: str) -> None:
        """The owner of a line failed by an error of our own and was started again."""
        self._put(EndDeviceEvent(EventKind.LINE_RESTARTED, self.clock.now(), f"{url} {reason}"))

    def collector_replaced(self, reason: str) -> None:
        """A child process that owned lines ended or was silent, and another one takes its place."""
        self._put(EndDeviceEvent(EventKind.COLLECTOR_REPLACED, self.clock.now(), reason))

    def meter_told(self, news: MeterNews) -> None:
        """A meter went offline or came back, or messages of it were lost."""
        self._put(EndDeviceEvent(news.kind, self.clock.now(), news.detail, news.installation.id))

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._events.record(await self._waiting.get())

    def _put(self, event: EndDeviceEvent) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(event)
