"""Conversations of the Modbus driver with a meter that is a function, without any line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collectors.conversation import Answer, Conversation
from headend.domain.collection import MeterAnswer
from headend.domain.errors import NoAnswer
from headend.domain.readings import RawFrame
from protocols.modbus import Frame, FrameReceived, Mbap, Rtu, exception_reply, read_reply, take_request
from tests.fakes.meters import INSTALLED

Reply = Callable[[Frame], Frame | None]
NOW = INSTALLED.replace(month=3)


def only(words: Mapping[int, int]) -> Reply:
    """A meter that has these words and refuses a read that touches any other."""

    def reply(request: Frame) -> Frame:
        read = take_request(request)
        assert read is not None
        span = range(read.address, read.address + read.count)
        if not all(address in words for address in span):
            return exception_reply(request, 2)
        return read_reply(request, [words[address] for address in span])

    return reply


def converse(conversation: Conversation[MeterAnswer], reply: Reply, framing: Mbap | Rtu) -> MeterAnswer:
    try:
        ask = next(conversation)
        while True:
            frame = reply(framing.parse(ask.request)) if ask.request else None  # without a byte it only listens
            event = FrameReceived(frame, framing.encode(frame)) if frame else None
            if event is not None and ask.answers(event):
                ask = conversation.send(Answer(event, RawFrame(ask.request, event.raw), NOW, NOW))
            else:
                ask = conversation.throw(NoAnswer("silence"))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # the generator's own return
