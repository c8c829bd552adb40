"""A long transfer goes at the faster rate with a meter that follows, and as before with one that does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from collectors.conversation import Answer, Ask, Conversation
from collectors.faster_rate import at_rate
from collectors.profiles import Timing
from headend.domain.errors import NoAnswer
from headend.domain.readings import RawFrame
from protocols import dlt645
from protocols.dlt645 import functions
from protocols.dlt645.writes import accepted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
METER, OWN, FASTER = "000000000001", 2400, 9600
Meter = Callable[[dlt645.Frame, int], dlt645.Frame | None]


def three_reads() -> Conversation[list[str]]:
    heard = []
    for _ in range(3):
        try:
            answer = yield Ask(dlt645.encode(dlt645.read(METER, "00010000")), lambda event: True, 1.0)
            heard.append(answer.event.frame.data[4:].hex())
        except NoAnswer:
            heard.append("silence")
    return heard


def run(meter: Meter) -> tuple[list[str], list[tuple[int, int]]]:
    """What was read, and each request's function with the rate it was sent at."""
    conversation, sent = at_rate(three_reads(), METER, rates=(OWN, FASTER), timing=Timing()), []
    try:
        ask = next(conversation)
        while True:
            request = dlt645.Connection().receive(ask.request)[0].frame
            sent.append((request.function, ask.baudrate))
            reply = meter(request, ask.baudrate)
            if reply is None:
                ask = conversation.throw(NoAnswer("silence"))
                continue
            raw = dlt645.encode(reply)
            event = dlt645.FrameReceived(reply, raw)
            ask = conversation.send(Answer(event, RawFrame(ask.request, raw), NOW, NOW))
    except StopIteration as end:
        return end.value, sent


def following(request: dlt645.Frame, rate: int) -> dlt645.Frame | None:
    if request.function == functions.CHANGE_RATE:
        return accepted(request)
    return dlt645.read_reply(request, b"\x01\x02\x03\x04")[0]


def refusing(request: dlt645.Frame, rate: int) -> dlt645.Frame | None:
    if request.function == functions.CHANGE_RATE:
        return dlt645.error_reply(request, 0x08)
    return following(request, rate)


def boasting(request: dlt645.Frame, rate: int) -> dlt645.Frame | None:
    """Says yes and stays at its own rate."""
    return None if rate else following(request, rate)


READ, CHANGE = functions.READ, functions.CHANGE_RATE


def test_a_meter_that_follows_is_read_faster_and_asked_back() -> None:
    values, sent = run(following)
    assert values == ["01020304"] * 3
    assert sent == [(CHANGE, 0), (READ, FASTER), (READ, FASTER), (READ, FASTER), (CHANGE, FASTER)]


@pytest.mark.parametrize(
    ("meter", "sent"),
    [
        (refusing, [(CHANGE, 0), (READ, 0), (READ, 0), (READ, 0)]),
        (boasting, [(CHANGE, 0), (READ, FASTER), (READ, 0), (READ, 0), (READ, 0)]),
    ],
)
def test_a_meter_that_does_not_is_read_at_the_lines_own_rate(meter: Meter, sent: list[tuple[int, int]]) -> None:
    assert run(meter) == (["01020304"] * 3, sent)


def test_a_silent_meter_stays_silent() -> None:
    values, _ = run(lambda request, rate: None)
    assert values == ["silence"] * 3
