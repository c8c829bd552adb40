"""Published frames of both editions: what we read is what their publishers say, and bad ones are refused."""

import pytest

from protocols.dlt645 import encode
from protocols.dlt645.describe import FrameDescription, describe_line
from tests.unit.protocols.dlt645.line import frames_of
from tests.vectors.dlt645 import Vector, load

VECTORS = load()
VALID = [vector for vector in VECTORS if vector.valid]
INVALID = [vector for vector in VECTORS if not vector.valid]
WITH_VALUES = [vector for vector in VALID if vector.facts["values"]]
COMMANDS = [vector for vector in VALID if "told" in vector.facts]

SAME_WORDS = {"longer than L says", "truncated", "start delimiters", "end byte is"}


def by_name(vector: Vector) -> str:
    return vector.name


def only(vector: Vector, edition: str = "auto") -> FrameDescription:
    descriptions = describe_line(vector.raw.hex(), edition)
    assert len(descriptions) == 1
    return descriptions[0]


def test_the_vectors_are_all_here() -> None:
    assert (len(VALID), len(INVALID), len(WITH_VALUES), len(COMMANDS)) == (195, 24, 28, 9)


def test_two_hundred_vectors_are_of_independent_origin() -> None:
    """P12: each has a source outside this project, none counts twice; frames that must be refused count too."""
    assert all(vector.facts["source"] for vector in VECTORS)
    assert not any("headend" in source for vector in VECTORS for source in vector.facts["source"])
    assert len({vector.raw.lstrip(b"\xfe") for vector in VECTORS}) >= 200


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_read_as_published(vector: Vector) -> None:
    (frame,) = frames_of(vector.raw)
    facts = vector.facts
    assert frame.address == facts["address"]
    assert f"{frame.control:02X}" == facts["control"]
    assert frame.data.hex().upper() == facts["data"]
    assert frame.has_follow_up == facts["follow_up"]
    assert frame.is_error == (facts["error"] is not None)


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_described_as_published(vector: Vector) -> None:
    description, facts = only(vector), vector.facts
    assert description.valid
    assert description.protocol == vector.protocol
    assert (description.address, description.control) == (facts["address"], facts["control"])
    assert description.data_identifier == facts["data_identifier"]
    assert description.direction == facts["direction"]
    assert (description.error is not None) == (facts["error"] is not None)


@pytest.mark.parametrize("vector", WITH_VALUES, ids=by_name)
def test_values_are_the_publishers(vector: Vector) -> None:
    description = only(vector)
    found = [{"name": f.name, "value": f.value, "unit": f.unit} for f in description.fields]
    if not found:
        name = vector.facts["values"][0]["name"]
        found = [{"name": name, "value": description.value, "unit": description.unit or ""}]
    assert found == vector.facts["values"]


@pytest.mark.parametrize("vector", COMMANDS, ids=by_name)
def test_commands_say_what_their_publishers_say(vector: Vector) -> None:
    found = {field.name: field.value for field in only(vector).fields}
    told = {fact["name"]: fact["value"] for fact in vector.facts["told"]}
    assert told.items() <= found.items()


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_built_as_published(vector: Vector) -> None:
    (frame,) = frames_of(vector.raw)
    if frame.address.strip("A").isdecimal() or frame.address == "A" * 12:
        assert vector.raw.endswith(encode(frame, preamble=0))
    else:
        assert frame.address == "FFFFFFFFFFFF"  # one publisher wrote to an address that no meter has


@pytest.mark.parametrize("vector", INVALID, ids=by_name)
def test_bad_frame_is_refused_and_the_reason_given(vector: Vector) -> None:
    assert frames_of(vector.raw) == []
    description, why = only(vector), vector.facts["why"]
    assert not description.valid
    assert description.problem is not None
    assert (description.value, description.fields, description.data_identifier) == (None, (), None)
    if why.startswith("checksum"):
        assert description.problem == why
    else:
        assert any(words in why and words in description.problem for words in SAME_WORDS)


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_with_one_more_in_its_checksum_is_refused(vector: Vector) -> None:
    raw = bytearray(vector.raw)
    raw[-2] = (raw[-2] + 1) % 256
    assert frames_of(bytes(raw)) == []
