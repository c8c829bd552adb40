"""Topics with an address in them: both directions agree, and no filter slips in."""

from __future__ import annotations

import pytest

from protocols.errors import LocalProtocolError
from protocols.mqtt import TopicPattern

STATE = TopicPattern("meters/{address}/state")


@pytest.mark.parametrize("address", ["000000000001", "kitchen", "house/cellar", "电表"])
def test_address_and_topic_lead_to_each_other(address: str) -> None:
    assert STATE.address(STATE.topic(address)) == address


@pytest.mark.parametrize("topic", ["meters//state", "meters/1/get", "meter/1/state", "meters/state", ""])
def test_another_topic_has_no_address(topic: str) -> None:
    assert STATE.address(topic) is None


@pytest.mark.parametrize("address", ["", "+", "a/#", "a\0b", "x" * 70_000])
def test_a_topic_is_not_made_of_anything_else(address: str) -> None:
    with pytest.raises(LocalProtocolError):
        STATE.topic(address)


@pytest.mark.parametrize("text", ["meters/1/state", "{address}/{address}", "meters/{address}/#", "+/{address}"])
def test_a_pattern_holds_one_address_and_no_wildcard(text: str) -> None:
    with pytest.raises(ValueError, match=r"must hold|is a filter"):
        TopicPattern(text)
