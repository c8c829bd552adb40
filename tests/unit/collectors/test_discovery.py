"""Discovery finds every meter of a bus, however its answers collide, and names what it cannot part."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.discovery import Discovery, discover
from headend.domain.errors import NoAnswer
from protocols import dlt645
from protocols.dlt645.data_identifiers import encode_values
from protocols.dlt645.replies import address_matches

Events = Sequence[object]


def search(meters: Sequence[str], *, collide: bool = True) -> Discovery:
    """On a bus where meters that answer at once are heard as noise, or one behind the other."""
    conversation = discover(0.1)
    ask = next(conversation)
    try:
        while True:
            request = dlt645.Connection().receive(ask.request)[0].frame
            answering = [address for address in meters if address_matches(request.address, address)]
            for event in heard(request, answering, collide):
                ask.answers(event)
            ask = conversation.throw(NoAnswer("it listened to the end"))
    except StopIteration as end:
        assert isinstance(end.value, Discovery)
        return end.value


def heard(request: dlt645.Frame, answering: Sequence[str], collide: bool) -> Events:
    if len(answering) > 1 and collide:
        return [dlt645.NoiseReceived(b"\x68\x00", dlt645.NoiseReason.NO_START)]
    frames = [dlt645.read_reply(request, encode_values("04000401", [a]), address=a)[0] for a in answering]
    return [dlt645.FrameReceived(frame, dlt645.encode(frame)) for frame in frames]


def test_an_empty_line_costs_one_question() -> None:
    assert search([]) == Discovery((), (), 1)


def test_the_only_meter_answers_at_once() -> None:
    assert search(["123456789012"]) == Discovery(("123456789012",), (), 1)


def test_meters_that_collide_are_parted_by_the_ends_of_their_addresses() -> None:
    meters = ["000000000001", "000000000002", "000000000101"]
    assert search(meters).addresses == tuple(meters)


def test_meters_that_answer_one_behind_the_other_need_no_parting() -> None:
    assert search(["000000000001", "000000000002"], collide=False) == Discovery(("000000000001", "000000000002"), (), 1)


def test_two_meters_with_one_address_are_named() -> None:
    assert search(["000000000007", "000000000007"]).unparted == ("000000000007",)


@given(st.sets(st.integers(0, 10**12 - 2), max_size=6))
def test_every_meter_of_any_bus_is_found(numbers: set[int]) -> None:
    meters = sorted(f"{number:012d}" for number in numbers)
    assert search(meters).addresses == tuple(meters)


@pytest.mark.parametrize("meters", [["000000000001", "000000000002"]])
def test_a_search_that_takes_the_first_answer_only_would_miss_one(meters: list[str]) -> None:
    """The control: were a question over with its first answer, the second meter would never be heard."""
    conversation = discover(0.1)
    ask = next(conversation)
    request = dlt645.Connection().receive(ask.request)[0].frame
    assert [ask.answers(event) for event in heard(request, meters, collide=False)] == [False, False]
