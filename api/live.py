"""The live feed of one watcher: which meters were heard, batched by the second. One slow watcher slows nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

import orjson
import structlog
from sse_starlette import ServerSentEvent

from headend.domain.instants import iso
from headend.ports import Clock, LiveFeed

log = structlog.get_logger()
EVERY_S = 1.0
CHECK_EVERY = 30  # beats
RETRY_MS = 3000


class LiveStream:
    """Fill it with `pump()`, read it with `events()`. Holds at most the newest item of each meter."""

    def __init__(
        self, feed: LiveFeed, clock: Clock, is_stopping: asyncio.Event, *, wanted: Collection[str] = ()
    ) -> None:
        self._feed, self._clock, self._is_stopping, self._wanted = feed, clock, is_stopping, wanted
        self._heard: dict[str, str] = {}
        self._has_failed = False

    async def pump(self) -> None:
        """Take over items until cancelled."""
        try:
            async for item in self._feed.watch():
                if item.kind == "readings" and (not self._wanted or item.fields["installation"] in self._wanted):
                    self._heard[item.fields["installation"]] = item.fields["received_at"]
        except Exception as error:
            log.exception("live feed failed", error=type(error).__name__)
            self._has_failed = True

    async def events(self, is_welcome: Callable[[], Awaitable[bool]]) -> AsyncIterator[ServerSentEvent]:
        """A beat a second with what was heard since the last one; the last event says why there are no more."""
        number = 0
        try:
            while True:
                yield self._beat(number)
                if await self._stops_within_a_beat():
                    yield ServerSentEvent(event="stopping", data="{}")
                    return
                number += 1
                if number % CHECK_EVERY == 0 and not await is_welcome():
                    yield ServerSentEvent(event="signed_out", data="{}")
                    return
                if self._has_failed:
                    yield ServerSentEvent(event="failed", data="{}")
                    return
        except Exception as error:
            log.exception("live feed failed", error=type(error).__name__)
            yield ServerSentEvent(event="failed", data="{}")

    def _beat(self, number: int) -> ServerSentEvent:
        heard, self._heard = self._heard, {}
        meters = [{"installation": int(number), "received_at": at} for number, at in heard.items()]
        data = orjson.dumps({"now": iso(self._clock.now()), "meters": meters}).decode()
        return ServerSentEvent(data, event="readings" if meters else "beat", id=str(number), retry=RETRY_MS)

    async def _stops_within_a_beat(self) -> bool:
        try:
            async with asyncio.timeout(EVERY_S):
                return await self._is_stopping.wait()
        except TimeoutError:
            return False
