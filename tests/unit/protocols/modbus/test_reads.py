"""Requests and replies: what is asked is answered, and nothing else counts as the answer."""

from __future__ import annotations

import pytest

from protocols.errors import LocalProtocolError
from protocols.modbus import (
    Frame,
    ReadRequest,
    Refused,
    Registers,
    answers,
    exception_name,
    exception_reply,
    outcome,
    read_reply,
    read_request,
    take_request,
)

ASK = read_request(9, ReadRequest(4, 72, 2), transaction=77)
REPLY = read_reply(ASK, [1, 0xFFFF])


def test_a_reply_answers_its_request_and_tells_its_words() -> None:
    assert answers(ASK, REPLY)
    assert outcome(REPLY) == Registers((1, 0xFFFF))


@pytest.mark.parametrize(
    "other",
    [
        REPLY._replace(transaction=78),
        REPLY._replace(unit=8),
        REPLY._replace(function=3),
        read_reply(ASK, [1]),
        read_reply(ASK, [1, 2, 3]),
        REPLY._replace(data=REPLY.data + b"\0\0"),
        REPLY._replace(data=b"\2" + REPLY.data[1:]),
        exception_reply(ASK, 2)._replace(unit=8),
        exception_reply(ASK, 2)._replace(data=b""),
        ASK,
    ],
)
def test_nothing_else_answers_it(other: Frame) -> None:
    assert not answers(ASK, other)


def test_a_refusal_answers_and_says_why() -> None:
    refusal = exception_reply(ASK, 2)
    assert answers(ASK, refusal)
    assert outcome(refusal) == Refused(2)
    assert str(outcome(refusal)) == "exception 02: illegal data address"
    assert exception_name(0x0B) == "gateway target device failed to respond"
    assert exception_name(0x7F) == "unknown exception 7F"


def test_a_meter_takes_what_a_master_asks() -> None:
    assert take_request(ASK) == ReadRequest(4, 72, 2)
    assert take_request(Frame(1, 6, ASK.data)) is None
    assert take_request(Frame(1, 4, b"\0")) is None


@pytest.mark.parametrize(
    "read", [ReadRequest(4, 0, 0), ReadRequest(4, 0, 126), ReadRequest(4, 65535, 2), ReadRequest(6, 0, 1)]
)
def test_what_modbus_does_not_allow_is_not_asked(read: ReadRequest) -> None:
    with pytest.raises(LocalProtocolError):
        read_request(1, read)


@pytest.mark.parametrize("function", [3, 4])
def test_the_echo_of_a_request_is_never_its_answer(function: int) -> None:
    for address in (0, 0x0200, 0x0300, 0x0400, 0xFF00):
        for count in range(1, 126):
            request = read_request(9, ReadRequest(function, address, count))
            assert not answers(request, request)
