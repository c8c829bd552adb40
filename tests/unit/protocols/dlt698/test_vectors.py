"""Published frames: what we read is what their publishers say, we build the same bytes, and bad ones are refused."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.dlt698 import Connection, Data, Frame, FrameReceived, apdu, encode
from protocols.dlt698.data import ARRAY, STRUCTURE
from protocols.dlt698.describe import FrameDescription, describe_line
from protocols.dlt698.layouts import Bits
from protocols.dlt698.moments import Moment
from protocols.dlt698.wording import objects_of
from tests.vectors.dlt698 import Vector, load

VECTORS = load()
VALID = [vector for vector in VECTORS if vector.valid]
INVALID = [vector for vector in VECTORS if not vector.valid]


def by_name(vector: Vector) -> str:
    return vector.name


def frames_of(raw: bytes) -> list[Frame]:
    connection = Connection()
    events = connection.receive(raw) + connection.line_idle()
    return [event.frame for event in events if isinstance(event, FrameReceived)]


def only(vector: Vector) -> FrameDescription:
    (description,) = describe_line(vector.raw.hex())
    return description


def as_published(data: Data) -> Any:
    """A datum in the way the publishers' facts are written."""
    value = data.value
    if data.tag in (ARRAY, STRUCTURE):
        return [as_published(item) for item in data.items]
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, Bits):
        return {"bits": value.count, "hex": value.raw.hex().upper()}
    if isinstance(value, bytes):
        return {"octets": value.hex().upper()}
    return value


def test_the_vectors_are_all_here() -> None:
    assert (len(VALID), len(INVALID)) == (33, 9)


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_read_as_published(vector: Vector) -> None:
    (frame,), facts = frames_of(vector.raw), vector.facts
    server = (frame.server.digits, frame.server.kind.name.lower(), frame.server.logical, frame.client)
    assert server == (facts["address"], facts["address_kind"], facts["logical"], facts["client"])
    control = (frame.is_from_server, frame.is_started_by_client, frame.is_split, frame.is_scrambled, frame.function)
    names = ("from_server", "started_by_client", "split", "scrambled", "function")
    assert control == tuple(facts[name] for name in names)
    assert (frame.data.hex().upper(), len(vector.raw) - 2) == (facts["apdu"], facts["length"])


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_built_as_published(vector: Vector) -> None:
    (frame,) = frames_of(vector.raw)
    assert encode(frame, preamble=0) == vector.raw


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_message_is_read_as_published(vector: Vector) -> None:
    facts = vector.facts
    message = apdu.parse(bytes.fromhex(facts["apdu"]))
    assert message.service == facts["service"]
    for name in ("choice", "piid"):
        assert name not in facts or getattr(message, name) == facts[name]
    assert message.trailing == 0
    assert message.lacks_time_tag == (facts.get("undecoded") == "short")
    assert "columns" not in facts or list(message.items[0].columns) == facts["columns"]


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_values_are_the_publishers(vector: Vector) -> None:
    facts, items = vector.facts, objects_of(apdu.parse(bytes.fromhex(vector.facts["apdu"])))
    told = [
        {"oad": item.oad, "dar": item.dar} if item.dar else {"oad": item.oad, "data": as_published(item.data)}
        for item in items
        if item.data or item.dar
    ]
    assert "results" not in facts or told == facts["results"]
    assert "data" not in facts or [one["data"] for one in told] == [facts["data"]]
    methods = [{"omd": one["oad"], "param": one["data"]} for one in told] if "methods" in facts else None
    assert methods == facts.get("methods")
    rows = [[as_published(cell) for cell in row] for item in items for row in item.rows]
    assert rows == facts.get("rows", [])


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_described_as_published(vector: Vector) -> None:
    facts, told = vector.facts, only(vector).as_json_dict()
    assert (told["valid"], told["protocol"]) == (True, "dlt698")
    assert (told["address"], told["service"]) == (facts["address"], facts["service"])
    assert "oads" not in facts or told["oads"] == facts["oads"]


@pytest.mark.parametrize("vector", INVALID, ids=by_name)
def test_bad_frame_is_refused_and_the_reason_given(vector: Vector) -> None:
    assert frames_of(vector.raw) == []
    description = only(vector)
    assert (description.valid, description.problem) == (False, vector.facts["why"])
    assert (description.value, description.fields, description.oads) == (None, (), ())


@pytest.mark.parametrize("vector", [vector for vector in VALID if "rsd" in vector.facts], ids=by_name)
def test_records_are_selected_as_published(vector: Vector) -> None:
    (item,), published = objects_of(apdu.parse(bytes.fromhex(vector.facts["apdu"]))), vector.facts["rsd"]
    assert isinstance(item.selector, tuple)
    method, chosen = item.selector
    if published is None:
        assert (method, chosen) == (0, None)
    else:
        oad, *values = chosen
        assert {"method": method, "oad": oad} == {name: published[name] for name in ("method", "oad")}
        assert [as_published(value) for value in values] == list(published.values())[2:]
