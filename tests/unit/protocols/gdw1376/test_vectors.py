"""Published frames: what we read is what their publishers say, we build the same bytes, and bad ones are refused."""

from decimal import Decimal

import pytest

from protocols.gdw1376 import Edition, Frame, encode, read
from protocols.gdw1376.describe import FrameDescription, describe_line
from tests.unit.protocols.gdw1376.line import events_of, frames_of
from tests.vectors.gdw1376 import Vector, load

VECTORS = load()
VALID = [vector for vector in VECTORS if vector.valid]
INVALID = [vector for vector in VECTORS if not vector.valid]
WITH_VALUES = [vector for vector in VALID if vector.facts["fields"]]


def by_name(vector: Vector) -> str:
    return vector.name


def only(raw: bytes) -> FrameDescription:
    (description,) = describe_line(raw.hex())
    return description


def frame_of(vector: Vector) -> Frame:
    (frame,) = frames_of(vector.raw)
    return frame


def test_the_vectors_are_all_here() -> None:
    assert (len(VALID), len(INVALID), len(WITH_VALUES)) == (41, 3, 9)


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_header_is_read_as_published(vector: Vector) -> None:
    frame, facts = frame_of(vector), vector.facts
    assert (frame.is_up, frame.is_primary, frame.link_function) == (
        facts["direction"] == "up",
        facts["prm"],
        facts["fc"],
    )
    assert (frame.district, frame.terminal) == (facts["district"], facts["terminal"])
    assert (frame.master, frame.is_group, frame.afn) == (facts["msa"], facts["group"], facts["afn"])
    assert (frame.has_time_tag, frame.is_first, frame.is_final) == (facts["tpv"], facts["fir"], facts["fin"])
    assert (frame.wants_confirmation, frame.sequence) == (facts["con"], facts["pseq"])
    assert (frame.edition, len(frame.data) + 8) == (Edition(facts["protocol_id"]), facts["length"])
    assert frame.has_events == facts.get("acd", 0)
    assert (frame.frame_count_bit, frame.frame_count_is_valid) == (facts.get("fcb", 0), facts.get("fcv", 0))


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_units_and_tail_are_read_as_published(vector: Vector) -> None:
    content, facts = read(frame_of(vector)), vector.facts
    assert content.problem is None
    (unit,) = content.units
    assert ([unit.point], [unit.function]) == (facts["pn"], facts["fn"])
    assert unit.raw.hex().upper() == facts.get("data", "")
    assert content.auxiliary.password.hex().upper() == facts.get("password", "")
    tag, events = content.auxiliary.time_tag, content.auxiliary.events
    told = {"pfc": tag.counter, "sent_ddhhmmss": tag.sent, "delay_min": tag.allowed_delay_min} if tag else None
    assert told == facts.get("time_tag")
    assert ({"ec1": events.important, "ec2": events.ordinary} if events else None) == facts.get("events")


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_described_as_published(vector: Vector) -> None:
    description, facts = only(vector.raw), vector.facts
    assert description.valid
    assert description.error is None
    assert (description.protocol, description.edition) == ("gdw1376", "Q/GDW 376.1")
    assert description.address == f"{facts['district']}{facts['terminal']:04X}"
    assert description.direction == {"up": "response", "down": "request"}[facts["direction"]]
    assert (description.afn, description.function) == (facts["afn"], facts["afn_name"])
    assert (list(description.pn), list(description.fn)) == (facts["pn"], facts["fn"])


@pytest.mark.parametrize("vector", WITH_VALUES, ids=by_name)
def test_values_are_the_publishers(vector: Vector) -> None:
    found = {field.name: field.value for field in only(vector.raw).fields}
    for name, told in vector.facts["fields"].items():
        value = found[name]
        assert value == told or (value is not None and Decimal(value) == Decimal(told)), name


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_frame_is_built_as_published(vector: Vector) -> None:
    assert encode(frame_of(vector)) == vector.raw


@pytest.mark.parametrize("vector", INVALID, ids=by_name)
def test_bad_frame_is_refused_and_the_reason_given(vector: Vector) -> None:
    assert frames_of(vector.raw) == []
    description = only(vector.raw)
    assert not description.valid
    assert (description.fields, description.pn, description.fn) == ((), (), ())
    assert description.problem is not None
    assert description.problem.startswith(("checksum is", "longer than L says"))


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_any_cut_gives_the_same_frame(vector: Vector) -> None:
    whole = events_of([vector.raw])
    for cut in range(len(vector.raw) + 1):
        assert events_of([vector.raw[:cut], vector.raw[cut:]]) == whole


@pytest.mark.parametrize("vector", VALID, ids=by_name)
def test_no_flipped_bit_is_believed(vector: Vector) -> None:
    """The sum finds every single bit; L is doubled; the delimiters are fixed: 0 of 11,600 flips are accepted."""
    whole = int.from_bytes(vector.raw, "big")
    wrong = [(whole ^ 1 << bit).to_bytes(len(vector.raw), "big") for bit in range(8 * len(vector.raw))]
    assert [raw.hex() for raw in wrong if frames_of(raw)] == []
    assert frames_of(vector.raw)  # the control: undamaged, it is heard


def test_the_number_of_flips_is_as_told() -> None:
    assert sum(8 * len(vector.raw) for vector in VALID) == 11_600
