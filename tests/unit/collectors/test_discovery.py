"""Discovery finds every meter of a bus, however its answers collide, and names what it cannot part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.conversation import Conversation
from collectors.discovery import Discovery, Heard, discover, search
from headend.domain.errors import NoAnswer
from protocols import dlt645
from protocols.dlt645.data_identifiers import encode_values
from protocols.dlt645.replies import address_matches

Events = Sequence[object]
Finding = TypeVar("Finding")
Hear = Callable[[dlt645.Frame, Sequence[str], bool], Events]


def search_bus(meters: Sequence[str], *, collide: bool = True, hear: Hear | None = None) -> Discovery:
    """On a bus where meters that answer at once are heard as noise, or one behind the other."""
    conversation = discover(0.1)
    ask = next(conversation)
    try:
        while True:
            request = dlt645.Connection().receive(ask.request)[0].frame
            answering = [address for address in meters if address_matches(request.address, address)]
            for event in (hear or heard)(request, answering, collide):
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
    assert search_bus([]) == Discovery((), (), 1)


def test_the_only_meter_answers_at_once() -> None:
    assert search_bus(["123456789012"]) == Discovery(("123456789012",), (), 2), "asked once more by its name"


def test_meters_that_collide_are_parted_by_the_ends_of_their_addresses() -> None:
    meters = ["000000000001", "000000000002", "000000000101"]
    assert search_bus(meters).addresses == tuple(meters)


def test_meters_that_answer_one_behind_the_other_need_no_parting() -> None:
    assert search_bus(["000000000001", "000000000002"], collide=False) == Discovery(
        ("000000000001", "000000000002"), (), 3
    )


def test_two_meters_with_one_address_are_named() -> None:
    assert search_bus(["000000000007", "000000000007"]).unparted == ("000000000007",)


@given(st.sets(st.integers(0, 10**12 - 2), max_size=6))
def test_every_meter_of_any_bus_is_found(numbers: set[int]) -> None:
    meters = sorted(f"{number:012d}" for number in numbers)
    assert search_bus(meters).addresses == tuple(meters)


@pytest.mark.parametrize("meters", [["000000000001", "000000000002"]])
def test_a_search_that_takes_the_first_answer_only_would_miss_one(meters: list[str]) -> None:
    """The control: were a question over with its first answer, the second meter would never be heard."""
    conversation = discover(0.1)
    ask = next(conversation)
    request = dlt645.Connection().receive(ask.request)[0].frame
    assert [ask.answers(event) for event in heard(request, meters, collide=False)] == [False, False]


def test_a_meter_that_refuses_to_tell_its_address_is_asked_again_by_it() -> None:
    def refusing(request: dlt645.Frame, answering: Sequence[str], collide: bool) -> Events:
        frames = [dlt645.error_reply(request, 0x02, address=address) for address in answering]
        return [dlt645.FrameReceived(frame, dlt645.encode(frame)) for frame in frames]

    assert search_bus(["000000000005"], hear=refusing) == Discovery(("000000000005",), (), 2)


def test_an_address_that_header_and_data_tell_differently_is_a_collision() -> None:
    """Two answers mixed on the wire may pass the sum; the address stands in them twice, differently shifted."""
    conversation = search("", 0.1)
    request = dlt645.Connection().receive(next(conversation).request)[0].frame
    mixed = dlt645.read_reply(request, encode_values("04000401", ["000000000003"]), address="000000000001")[0]
    found, _ = answered(search("", 0.1), [[dlt645.FrameReceived(mixed, dlt645.encode(mixed))]])
    assert (found.addresses, found.is_garbled) == (set(), True)


def test_an_address_that_nobody_answers_to_was_a_collision() -> None:
    (event,) = heard(dlt645.read("A" * 12, "04000401"), ["000000000003"], collide=False)
    assert answered(search("", 0.1), [[event], []]) == (Heard(set(), is_garbled=True), 2)
    assert answered(search("", 0.1), [[event], [event]]) == (Heard({"000000000003"}), 2), "the control"


def answered(conversation: Conversation[Finding], answers: Sequence[Events]) -> Finding:
    """What a conversation finds when each of its questions brings these events and then silence."""
    ask = next(conversation)
    try:
        for events in answers:
            for event in events:
                ask.answers(event)
            ask = conversation.throw(NoAnswer("it listened to the end"))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # the generator's own return
    raise AssertionError("it asks on")
