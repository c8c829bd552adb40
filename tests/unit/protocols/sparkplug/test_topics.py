"""Topics and addresses of edge nodes and devices: taken apart, put together, and nothing else is one."""

from __future__ import annotations

import pytest

from protocols.errors import LocalProtocolError
from protocols.sparkplug import EdgeNode, MessageType, SparkplugTopic, parse_address, parse_topic

EDGE = EdgeNode("plant", "gate")


def test_a_topic_is_taken_apart_and_put_together() -> None:
    for kind, device in ((MessageType.NBIRTH, ""), (MessageType.DDATA, "meter 7"), (MessageType.NCMD, "")):
        assert parse_topic(EDGE.topic(kind, device)) == SparkplugTopic(EDGE, kind, device)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "spBv1.0/plant",
        "spAv1.0/plant/NDATA/gate",
        "spBv1.0/plant/NDATA/gate/meter",
        "spBv1.0/plant/DDATA/gate",
        "spBv1.0/plant/XDATA/gate",
        "spBv1.0/plant/DDATA/gate/a/b",
        "spBv1.0//NDATA/gate",
        "spBv1.0/STATE/host",
    ],
)
def test_another_topic_is_none(topic: str) -> None:
    assert parse_topic(topic) is None


def test_an_address_names_node_or_device() -> None:
    assert parse_address("plant/gate") == (EDGE, "")
    assert parse_address("plant/gate/m1") == (EDGE, "m1")


@pytest.mark.parametrize("address", ["", "plant", "plant/", "plant/gate/a/b", "plant/+", "plant/gate/#", "a\0/b"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(LocalProtocolError):
        parse_address(address)


def test_all_of_a_node_is_listened_to_and_nothing_of_a_command() -> None:
    assert "spBv1.0/plant/DDATA/gate/+" in EDGE.filters
    assert not [topic for topic in EDGE.filters if "CMD" in topic]
