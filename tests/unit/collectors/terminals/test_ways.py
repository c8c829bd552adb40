"""Conversations through a terminal: envelopes out, the meter's own bytes in, and who says that a meter is silent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.conversation import Answer, Ask, Conversation
from collectors.terminals.messages import ForwardedParser, MessageParser, NothingCame, Passed, Unheard
from collectors.terminals.settings import PortSettings
from collectors.terminals.turns import Turns
from collectors.terminals.ways import DirectWay, ForwardedWay
from headend.domain.errors import NoAnswer
from headend.domain.readings import RawFrame
from protocols import dlt645, gdw1376
from protocols.gdw1376.replies import data_reply, deny_all
from tests.unit.collectors.terminals.frames import PUBLISHED, TERMINAL, question

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PORT = PortSettings(gdw1376.Port(2, message_timeout_ms=10_000), latency_s=7.0)
REQUEST = dlt645.read("000000000001", "00010000")
READ = dlt645.encode(REQUEST)
TOLD = dlt645.encode(dlt645.read_reply(REQUEST, bytes.fromhex("78563412"))[0])
Talk = Conversation[list[str]]


def talk() -> Talk:
    """A driver that asks twice, whatever comes."""
    heard = []
    for _ in range(2):
        try:
            answer = yield Ask(READ, lambda event: isinstance(event, dlt645.FrameReceived), 1.5, 3)
        except NoAnswer as silence:
            heard.append(str(silence))
        else:
            heard.append(answer.frame.reply.hex())
    return heard


def forwarding() -> ForwardedWay:
    return ForwardedWay(TERMINAL, PORT, Turns(None, lambda: NOW))


def passed_on(request: gdw1376.Frame, inner: bytes, port: int = 2) -> gdw1376.Frame:
    return data_reply(request, [gdw1376.Units((0,), (1,), {"port": port, "forwarded": inner.hex()})])


def heard(reply: gdw1376.Frame | bytes) -> list[object]:
    raw = reply if isinstance(reply, bytes) else gdw1376.encode(reply)
    return ForwardedParser(dlt645.Connection()).receive(raw)


def test_a_request_travels_in_an_envelope_with_the_time_that_it_needs() -> None:
    ask = next(forwarding().carry(talk()))
    frame = gdw1376.parse(ask.request)
    told = {value.name: value.text for value in gdw1376.read(frame, 16).units[0].values}
    assert (frame.afn, told["port"], told["message_timeout"]) == (0x10, "2", "10000")
    assert bytes.fromhex(told["forwarded"]) == READ
    assert (ask.timeout_s, ask.attempts) == (17.0, 3)


def test_every_request_has_its_turn() -> None:
    conversation = forwarding().carry(talk())
    first = gdw1376.parse(next(conversation).request)
    second = gdw1376.parse(conversation.throw(NoAnswer("x")).request)
    assert (first.sequence, second.sequence) == (0, 1)
    assert first.frame_count_bit is not second.frame_count_bit


def test_what_proves_a_reading_are_the_meters_own_bytes() -> None:
    conversation = forwarding().carry(talk())
    ask = next(conversation)
    (event,) = heard(passed_on(gdw1376.parse(ask.request), b"\xfe\xfe" + TOLD))
    assert isinstance(event, Passed)
    assert ask.answers(event)
    conversation.send(Answer(event, RawFrame(ask.request, event.raw), NOW, NOW))
    with pytest.raises(StopIteration) as end:
        conversation.throw(NoAnswer("silence"))
    assert end.value.value == [TOLD.lstrip(b"\xfe").hex(), "silence"]


@pytest.mark.parametrize("is_denied", [False, True])
def test_the_terminal_says_that_a_meter_is_silent(is_denied: bool) -> None:
    conversation = forwarding().carry(talk())
    ask = next(conversation)
    request = gdw1376.parse(ask.request)
    (event,) = heard(deny_all(request) if is_denied else passed_on(request, b""))
    assert isinstance(event, NothingCame)
    assert ask.answers(event)
    conversation.send(Answer(event, RawFrame(ask.request, event.raw), NOW, NOW))
    with pytest.raises(StopIteration) as end:
        conversation.throw(NoAnswer("silence"))
    assert end.value.value[0] == (
        "the terminal denies the request" if is_denied else "the terminal heard nothing on port 2"
    )


def test_what_came_through_another_port_is_no_answer() -> None:
    ask = next(forwarding().carry(talk()))
    request = gdw1376.parse(ask.request)
    for reply in (passed_on(request, TOLD, port=3), passed_on(request, b"", port=3)):
        assert [ask.answers(event) for event in heard(reply)] == [False]


def test_a_broken_frame_of_the_meter_is_no_answer() -> None:
    ask = next(forwarding().carry(talk()))
    broken = TOLD[:-2] + b"\x00\x16"
    events = heard(passed_on(gdw1376.parse(ask.request), broken))
    assert events
    assert not any(ask.answers(event) for event in events)


def test_half_a_frame_does_not_wait_for_the_next_answer() -> None:
    request = gdw1376.parse(next(forwarding().carry(talk())).request)
    parser = ForwardedParser(dlt645.Connection())
    half, rest = TOLD[:9], TOLD[9:]
    events = parser.receive(gdw1376.encode(passed_on(request, half)) + gdw1376.encode(passed_on(request, rest)))
    assert not any(isinstance(one.event, dlt645.FrameReceived) for one in events if isinstance(one, Passed))


def test_a_published_answer_is_read() -> None:
    (event,) = heard(PUBLISHED["fwd645-read-resp"])
    assert isinstance(event, Passed)
    assert event.port == 31
    assert event.event.frame.address == "151230011061"


def test_noise_between_answers_is_unheard() -> None:
    assert [type(event) for event in MessageParser().receive(b"\x00\x01" + gdw1376.encode(question()))] == [
        Unheard,
        type(MessageParser().receive(gdw1376.encode(question()))[0]),
    ]


def test_a_direct_request_only_gets_its_turn() -> None:
    def ask_twice() -> Talk:
        for _ in range(2):
            yield Ask(gdw1376.encode(question(0)), lambda event: True, 20.0, 2)
        return []

    conversation = DirectWay(Turns(None, lambda: NOW)).carry(ask_twice())
    first = gdw1376.parse(next(conversation).request)
    second = gdw1376.parse(conversation.send(Answer(None, RawFrame(b"", b""), NOW, NOW)).request)
    assert (first.sequence, second.sequence) == (0, 1)
    assert first.data == second.data == question(0).data


def test_a_conversation_that_is_dropped_is_closed() -> None:
    closed = []

    def asking() -> Talk:
        try:
            yield Ask(READ, lambda event: True, 1.0, 1)
        finally:
            closed.append(True)
        return []

    conversation = forwarding().carry(asking())
    next(conversation)
    conversation.close()
    assert closed == [True]
