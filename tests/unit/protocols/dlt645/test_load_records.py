"""Load records: what meters send, in all the shapes that makers give them, and what is not believed."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import ReplyAssembler, read_load_record, read_reply
from protocols.dlt645.data_identifiers import decode, encode_values, find
from protocols.dlt645.load_records import (
    CHECKSUM_DIFFERS,
    CLASSES,
    MARKED_INCORRECT,
    decode_records,
    encode_record,
)
from protocols.dlt645.replies import Complete
from protocols.errors import LocalProtocolError

STAMP = "2026-11-24 13:45"
ENERGIES = [Decimal("123456.78"), Decimal("0.01"), Decimal("-1.00"), Decimal("2.00")]
ENERGY_RECORD = encode_record(STAMP, {4: ENERGIES})


def quantities_of(number: int, chosen: int) -> list[Decimal]:
    return [Decimal(chosen % 8).scaleb(-number_format.decimals) for _, number_format in CLASSES[number]]


def sealed(body: bytes, start: bytes = b"\xa0\xa0", count: int | None = None) -> bytes:
    """A record around a body that a maker laid out in his own way."""
    covered = start + bytes([len(body) if count is None else count]) + body
    return covered + bytes([sum(covered) & 0xFF, 0xE5])


def test_the_bytes_of_an_energy_record() -> None:
    assert ENERGY_RECORD.hex() == (
        "a0a01b" "4513241126" "aaaaaa" "78563412" "01000000" "00010080" "00020000" "aaaaaa" "a2e5"
    )  # fmt: skip


@given(st.sets(st.sampled_from(sorted(CLASSES))), st.integers(0, 9), st.integers(1, 4))
def test_any_choice_of_classes_comes_back(present: set[int], chosen: int, count: int) -> None:
    classes: dict[int, Sequence[Decimal]] = {number: quantities_of(number, chosen) for number in sorted(present)}
    found = decode_records("06000000", encode_record(STAMP, classes) * count)
    assert (found.problem, len(found.records)) == (None, count)
    for record in found.records:
        assert (record.time.text, record.problem) == (STAMP, None)
        assert [value.number for value in record.values] == [q for quantities in classes.values() for q in quantities]


@pytest.mark.parametrize("number", sorted(CLASSES))
def test_a_class_is_read_with_and_without_the_separators_of_the_others(number: int) -> None:
    quantities = quantities_of(number, 7)
    whole = encode_record(STAMP, {number: quantities})[3:-2]
    time, body = whole[:5], whole[5:]
    data = body[number - 1 : len(body) - (6 - number) - 1]
    for laid_out in (body, data + b"\xaa" * (7 - number), data + b"\xaa"):
        (record,) = decode_records(f"06{number:02d}0001", sealed(time + laid_out)).records
        assert [value.number for value in record.values] == quantities


def test_separators_inside_the_data_do_not_split_a_record() -> None:
    body = encode_record(STAMP, {4: ENERGIES})[3:-2]
    odd = body[:8] + b"\xaa\xaa\xaa\xaa" + body[12:]
    (record,) = decode_records("06040001", sealed(odd)).records
    assert [value.problem for value in record.values] == ["invalid BCD", None, None, None]


def test_a_count_that_includes_head_and_tail_is_understood() -> None:
    body = ENERGY_RECORD[3:-2]
    found = decode_records("06040001", sealed(body, count=len(ENERGY_RECORD)) * 2)
    assert [record.values[0].number for record in found.records] == [ENERGIES[0]] * 2


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (ENERGY_RECORD[:-2] + b"\x00\xe5", CHECKSUM_DIFFERS),
        (ENERGY_RECORD[:12] + b"\x79" + ENERGY_RECORD[13:], CHECKSUM_DIFFERS),
        (sealed(ENERGY_RECORD[3:-2], start=b"\xe0\xe0"), MARKED_INCORRECT),
    ],
)
def test_a_record_that_is_not_proved_gives_no_numbers(record: bytes, problem: str) -> None:
    bad, good = decode_records("06040001", record + ENERGY_RECORD).records
    assert (bad.problem, bad.time.text, good.problem) == (problem, "", None)
    assert {(value.number, value.text, value.problem) for value in bad.values} == {(None, "", problem)}
    assert good.values[0].number == ENERGIES[0]


@pytest.mark.parametrize(
    "rest",
    [b"\x00", b"\xa0\xa0", ENERGY_RECORD[:-1], ENERGY_RECORD[:-1] + b"\x00", sealed(b"\x00" * 20)],
    ids=bytes.hex,
)
def test_what_is_no_record_ends_the_reading_and_keeps_what_was_read(rest: bytes) -> None:
    found = decode_records("06040001", ENERGY_RECORD + rest)
    assert len(found.records) == 1
    assert found.problem == f"byte {len(ENERGY_RECORD)} does not begin a load record"


def test_nothing_is_no_record() -> None:
    assert decode_records("06040001", b"").problem == "no load record"


@given(st.sampled_from(["06000000", "06010001", "06040002"]), st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(di: str, payload: bytes) -> None:
    decode_records(di, payload)
    decode_records(di, sealed(payload))
    assert decode(di, sealed(payload))


def test_the_identifier_gives_the_values_with_their_record() -> None:
    values = decode("06040001", ENERGY_RECORD * 2)
    assert [value.name for value in values][:2] == ["record_1_time", "record_1_active_energy_import"]
    assert values[5].name == "record_2_time"
    item = find("06040001")
    assert item is not None
    assert item.name == "load_records_energy_from"


def test_records_are_encoded_by_their_classes_only() -> None:
    with pytest.raises(LocalProtocolError, match="encode_record"):
        encode_values("06040001", [1, 2, 3, 4])


def test_records_cut_by_follow_up_frames_are_read_after_joining() -> None:
    request = read_load_record("000000000161", "06000002", 4)
    record = encode_record(STAMP, {number: quantities_of(number, 5) for number in CLASSES})
    assembler = ReplyAssembler(request)
    for piece in read_reply(request, record * 4):
        outcome = assembler.accept(piece)
    assert isinstance(outcome, Complete)
    assert len(decode_records("06000002", outcome.payload).records) == 4
