"""Reads and link answers: the published bytes come out, and only the right reply answers."""

from __future__ import annotations

from datetime import datetime

import pytest

from protocols.dlt698 import Frame, ServerAddress, answers, apdu, get, get_address, get_next, link_reply
from protocols.dlt698.frame import encode
from protocols.dlt698.moments import Moment, MomentKind, date_time
from protocols.errors import LocalProtocolError
from tests.vectors.dlt698 import load

VECTORS = {vector.name: vector for vector in load()}
NOW = date_time(datetime(2026, 11, 24, 10, 0, 0))
LOGIN = Frame(0x81, ServerAddress("000000000001"), 0, bytes.fromhex("010500003C07EA0A07030E101A0000"))


@pytest.mark.parametrize("name", ["get-00100201-req", "get-00100200-req", "get-00500201-req", "get-list-req"])
def test_a_read_is_built_as_published(name: str) -> None:
    vector = VECTORS[name]
    frame = get(vector.facts["address"], vector.facts["oads"], client=0)
    assert encode(frame, preamble=0) == vector.raw


def test_the_address_is_asked_of_whoever_is_there() -> None:
    frame = get_address()
    assert encode(frame, preamble=0)[4:11].hex().upper() == "45AAAAAAAAAAAA"
    assert frame.data == bytes.fromhex("0501004001020000")


def test_the_next_block_is_asked_for() -> None:
    assert get_next("000000000001", 3, number=2).data == bytes.fromhex("050502000300")


@pytest.mark.parametrize(
    ("oads", "number"), [([], 0), (["00100201"] * 128, 0), (["0010"], 0), (["0010020x"], 0), (["00100201"], 64)]
)
def test_what_no_meter_can_answer_is_not_built(oads: list[str], number: int) -> None:
    with pytest.raises(LocalProtocolError):
        get("000000000001", oads, number=number)


def test_only_the_right_reply_answers() -> None:
    ask = get("000000000001", ["00100201"], number=5)
    data = bytes.fromhex("8501450010020101060001E2400000")  # with the ACD bit
    reply = Frame(0xC3, ask.server, ask.client, data)
    assert answers(ask, reply)
    assert answers(ask._replace(server=ServerAddress("AAAAAAAAAAAA")), reply)
    for wrong in (
        reply._replace(server=ServerAddress("000000000002")),
        reply._replace(client=0x11),
        reply._replace(control=0x43),
        reply._replace(control=0x83),
        reply._replace(data=b"\x85\x01\x06" + data[3:]),
        reply._replace(data=b"\x85\x02\x05" + data[3:]),
        reply._replace(data=b"\x86\x01\x05" + data[3:]),
        reply._replace(data=b"\x85"),
        ask,
    ):
        assert not answers(ask, wrong)


def test_a_login_is_welcomed_with_its_own_time() -> None:
    reply = link_reply(LOGIN, received_at=NOW, answered_at=NOW)
    assert (reply.control, reply.server, reply.client) == (0x01, LOGIN.server, 0)
    facts = dict(apdu.parse(reply.data).facts)
    assert facts == {
        "result": "success",
        "requested_at": "2026-10-07T14:16:26",
        "received_at": "2026-11-24T10:00:00",
        "answered_at": "2026-11-24T10:00:00",
    }


def test_nothing_else_is_welcomed() -> None:
    with pytest.raises(LocalProtocolError, match="LINK-Request"):
        link_reply(get_address(), received_at=NOW, answered_at=NOW)
    short = Moment(MomentKind.DATE_TIME_S, bytes(7))
    with pytest.raises(LocalProtocolError, match="ten bytes"):
        link_reply(LOGIN, received_at=short, answered_at=NOW)
