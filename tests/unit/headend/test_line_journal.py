"""What lines and meters tell beside readings is in the event log, in order, of the right meter."""

from __future__ import annotations

import asyncio

import pytest

from collectors.mqtt.messages import MeterNews
from headend.bootstrap.line_journal import QUEUE_SIZE, LineJournal
from headend.domain.events import EndDeviceEvent, EventKind
from tests.fakes.virtual_time import VirtualClock
from tests.unit.collectors.test_mqtt_driver import OURS

pytestmark = pytest.mark.asyncio


class Log:
    """EventLog in a list."""

    def __init__(self) -> None:
        self.kept: list[EndDeviceEvent] = []

    async def record(self, event: EndDeviceEvent) -> None:
        self.kept.append(event)

    async def recent(self, limit: int, installation_id: int | None = None) -> list[EndDeviceEvent]:
        return self.kept[-limit:]


async def written(journal: LineJournal) -> None:
    running = asyncio.create_task(journal.run())
    for _ in range(10):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_news_of_a_meter_are_its_events() -> None:
    log = Log()
    journal = LineJournal(log, VirtualClock())
    journal.meter_told(MeterNews(EventKind.MESSAGES_LOST, OURS, "2 of its messages did not come"))
    journal.line_changed("mqtt://b:1", "broker: gone")
    journal.line_restarted("tcp://a:1", "internal error: KeyError(1) (restart 4)")
    await written(journal)
    assert [(event.kind, event.detail, event.installation_id) for event in log.kept] == [
        (EventKind.MESSAGES_LOST, "2 of its messages did not come", OURS.id),
        (EventKind.LINE_DOWN, "mqtt://b:1 broker: gone", None),
        (EventKind.LINE_RESTARTED, "tcp://a:1 internal error: KeyError(1) (restart 4)", None),
    ]


async def test_more_than_the_queue_holds_is_left_out_and_stops_nobody() -> None:
    log = Log()
    journal = LineJournal(log, VirtualClock())
    for number in range(QUEUE_SIZE + 5):
        journal.line_changed(str(number), None)
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(5):
        while len(log.kept) < QUEUE_SIZE:  # noqa: ASYNC110 - nothing tells when it is done
            await asyncio.sleep(0)
    running.cancel()
    assert [log.kept[0].detail, log.kept[-1].detail] == ["0", str(QUEUE_SIZE - 1)]
