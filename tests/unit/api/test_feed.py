"""The live feed: a beat a second, only newest items, only wanted meters, honest ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from sse_starlette import ServerSentEvent

from api.live import CHECK_EVERY, LiveStream
from headend.clock import SystemClock
from headend.live_feed import InProcessFeed
from headend.ports import FeedItem
from tests.fakes.virtual_time import run_virtual


async def welcome() -> bool:
    return True


def heard(installation: int, second: int) -> FeedItem:
    return FeedItem("readings", {"installation": str(installation), "received_at": f"2026-11-24T03:00:{second:02}Z"})


async def taken(stream: LiveStream, events: AsyncIterator[ServerSentEvent], count: int) -> list[tuple[str, object]]:
    found = []
    async for event in events:
        found.append((event.event or "", json.loads(event.data or "{}").get("meters")))
        if len(found) == count:
            break
    return found


def test_items_of_a_second_travel_together_and_only_the_newest_of_each_meter() -> None:
    async def scenario() -> None:
        feed = InProcessFeed()
        stream = LiveStream(feed, SystemClock(), asyncio.Event())
        pump = asyncio.create_task(stream.pump())
        events = stream.events(welcome)
        assert await taken(stream, events, 1) == [("beat", [])]
        events = stream.events(welcome)
        await asyncio.sleep(0)
        for second in range(3):
            feed.publish(heard(1, second))
        feed.publish(heard(2, 5))
        await asyncio.sleep(0.1)
        (first,) = await taken(stream, events, 1)
        assert first == (
            "readings",
            [
                {"installation": 1, "received_at": "2026-11-24T03:00:02Z"},
                {"installation": 2, "received_at": "2026-11-24T03:00:05Z"},
            ],
        )
        pump.cancel()

    run_virtual(scenario())


def test_only_wanted_meters() -> None:
    async def scenario() -> None:
        feed = InProcessFeed()
        stream = LiveStream(feed, SystemClock(), asyncio.Event(), wanted=frozenset({"2"}))
        pump = asyncio.create_task(stream.pump())
        await asyncio.sleep(0)
        feed.publish(heard(1, 0))
        feed.publish(heard(2, 0))
        await asyncio.sleep(0.1)
        ((_, meters),) = await taken(stream, stream.events(welcome), 1)
        assert meters == [{"installation": 2, "received_at": "2026-11-24T03:00:00Z"}]
        pump.cancel()

    run_virtual(scenario())


class BrokenFeed(InProcessFeed):
    """A feed whose watching fails."""

    async def watch(self) -> AsyncIterator[FeedItem]:
        nothing: tuple[FeedItem, ...] = ()
        for item in nothing:
            yield item
        raise RuntimeError("broken")


def test_a_failure_is_told_to_the_page() -> None:
    async def scenario() -> None:
        stream = LiveStream(BrokenFeed(), SystemClock(), asyncio.Event())
        await stream.pump()
        assert [event for event, _ in await taken(stream, stream.events(welcome), 9)] == ["beat", "failed"]

    run_virtual(scenario())


def test_who_is_signed_out_is_sent_away() -> None:
    async def unwelcome() -> bool:
        return False

    async def scenario() -> None:
        stream = LiveStream(InProcessFeed(), SystemClock(), asyncio.Event())
        events = await taken(stream, stream.events(unwelcome), 99)
        assert [event for event, _ in events] == ["beat"] * CHECK_EVERY + ["signed_out"]

    run_virtual(scenario())


def test_a_failing_check_is_told_to_the_page() -> None:
    async def failing() -> bool:
        raise OSError("no")

    async def scenario() -> None:
        stream = LiveStream(InProcessFeed(), SystemClock(), asyncio.Event())
        assert (await taken(stream, stream.events(failing), 99))[-1] == ("failed", None)

    run_virtual(scenario())
