"""A register read by the shipped driver over a line that damages every reply; and a reader that believes one reply."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from collectors.channel import DAMAGE_COSTS, SILENCE_COSTS
from collectors.conversation import Answer
from collectors.driver import Site
from collectors.drivers.dlt645 import Dlt645Driver
from collectors.profiles import Dlt645Profile
from headend import shipped
from headend.domain.errors import NoAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, UsagePoint
from headend.domain.metering import Protocol as WireProtocol
from headend.domain.readings import RawFrame, ReadingSource
from protocols import dlt645
from tests.fakes.batches import shipped_types

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
LINE = Line(1, "tcp://meter:1")
POINT = UsagePoint(1, "UP", CustomerClass.RESIDENTIAL)
SITE = Site(shipped_types(), ZoneInfo("Asia/Shanghai"), lambda: NOW)
DRIVER = Dlt645Driver(shipped.profiles(shipped.config_root(), "dlt645", Dlt645Profile), SITE)
Hear = Callable[[dlt645.Frame], bytes]  # the next damaged reply to this request


class Asked(Protocol):
    """What is read: a request for one register."""

    @property
    def request(self) -> dlt645.Frame:
        """As sent first."""
        ...


def read_twice(asked: Asked, hear: Hear) -> Decimal | None:
    """What the driver makes of it: every ask gets its tries of damaged replies, then silence."""
    meter = Meter(1, "A", WireProtocol.DLT645, "dlt645-2007", asked.request.address, LINE)
    installation = MeterInstallation(1, POINT, meter, NOW)
    conversation = DRIVER.read(installation, [_identifier(asked)], ReadingSource.SCHEDULED)
    try:
        ask = next(conversation)
        while True:
            (asked_now,) = [event.frame for event in _events(ask.request) if isinstance(event, dlt645.FrameReceived)]
            tries = (hear(asked_now) for _ in range(-(-ask.attempts * SILENCE_COSTS // DAMAGE_COSTS)))
            events = [event for raw in tries for event in _events(raw) if ask.answers(event)]
            if events:
                frame = RawFrame(ask.request, events[0].raw)
                ask = conversation.send(Answer(events[0], frame, NOW, NOW))
            else:
                ask = conversation.throw(NoAnswer("nothing that answers", was_heard=True))
    except StopIteration as end:
        answer = end.value
    return answer.readings[0].value if answer.readings else None


def _identifier(asked: Asked) -> str:
    return asked.request.data[::-1].hex().upper()


def _events(raw: bytes) -> list[dlt645.Event]:
    connection = dlt645.Connection()
    return connection.receive(raw) + connection.line_idle()
