"""A DL/T 698.45 driver and meters to talk with, byte for byte but without a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from collectors.conversation import Answer, Conversation
from collectors.driver import Site
from collectors.drivers.dlt698 import Dlt698Driver
from collectors.profiles import Dlt698Profile
from headend import shipped
from headend.domain.collection import MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.readings import RawFrame, ReadingSource
from protocols import dlt698

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
TYPES = shipped.reading_types(shipped.config_root())
PROFILES = shipped.profiles(shipped.config_root(), "dlt698", Dlt698Profile)
PROFILE = PROFILES["dlt698-2016"]
ADDRESS = "000000000001"
METER = MeterInstallation(
    1,
    UsagePoint(1, "UP", CustomerClass.RESIDENTIAL),
    Meter(1, "A", Protocol.DLT698, "dlt698-2016", ADDRESS, Line(1, "tcp://x:1")),
    NOW - timedelta(days=90),
)
Finding = TypeVar("Finding")
Reply = Callable[[dlt698.Frame], Sequence[dlt698.Frame]]
"""What the line carries back for a request: the meter's answer, or others."""


def driver(profile: Dlt698Profile = PROFILE) -> Dlt698Driver:
    """A fresh one, whose first request has number 0."""
    return Dlt698Driver({"dlt698-2016": profile}, Site(TYPES, ZoneInfo("Asia/Shanghai"), lambda: NOW))


def converse(conversation: Conversation[Finding], reply: Reply, step: timedelta = timedelta(0)) -> Finding:
    """Answer each ask with the frame of `reply` that fits it, `step` later each time; silence where none does."""
    now = NOW
    try:
        ask = next(conversation)
        while True:
            (request,) = dlt698.Connection().receive(ask.request)
            assert isinstance(request, dlt698.FrameReceived)
            raw = b"".join(dlt698.encode(frame) for frame in reply(request.frame))
            fitting = [event for event in dlt698.Connection().receive(raw) if ask.answers(event)]
            now += step
            if fitting:
                ask = conversation.send(Answer(fitting[0], RawFrame(ask.request, fitting[0].raw), now, now))
            else:
                ask = conversation.throw(NoAnswer("silence"))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # the generator's own return


def said(request: dlt698.Frame, results: str, *, form: int | None = None) -> dlt698.Frame:
    """A meter's answer to a request: its form and number, then `results` in hex, then nothing else."""
    head = bytes((0x85, request.data[1] if form is None else form, request.data[2]))
    return request._replace(control=0xC3, data=head + bytes.fromhex(results) + b"\x00\x00")


def knowing(**data: str) -> Reply:
    """A meter that has these objects (oad_00100201="06 ...") and knows no others."""
    known = {name.removeprefix("oad_").upper(): bytes.fromhex(text).hex() for name, text in data.items()}

    def reply(request: dlt698.Frame) -> Sequence[dlt698.Frame]:
        items = dlt698.apdu.parse(request.data).items
        results = [f"{item.oad}01{known[item.oad]}" if item.oad in known else f"{item.oad}0004" for item in items]
        count = f"{len(items):02X}" if request.data[1] == 2 else ""
        return [said(request, count + "".join(results))]

    return reply


def read(reply: Reply, *items: str, profile: Dlt698Profile = PROFILE) -> MeterAnswer:
    """These items of a meter, on demand."""
    return converse(driver(profile).read(METER, items, ReadingSource.ON_DEMAND), reply)
