"""Layouts and the walk over units: every table reads back what it writes, and stops where it does not know."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import LocalProtocolError, RemoteProtocolError
from protocols.gdw1376 import Edition, EventCounters, Frame, TimeTag, layouts, read, split, walk
from protocols.gdw1376.data_units import MAX_UNITS
from protocols.gdw1376.functions import _TABLE, layout_of
from protocols.gdw1376.layouts import Cursor, Layout

LAYOUTS = [
    (afn, function, is_up, layout)
    for afn, functions in _TABLE.items()
    for is_up, table in ((False, functions.requests), (True, functions.replies))
    for function, layout in table.items()
]
SIZES = {(0x0C, 25): 67, (0x0C, 2): 6, (0x04, 1): 6, (0x04, 3): 28, (0x04, 25): 11, (0x04, 47): 17, (0x05, 12): 8}


def bytes_read(layout: Layout, raw: bytes) -> int:
    cursor = Cursor(raw)
    layouts.decode(layout, cursor)
    return cursor.at


@pytest.mark.parametrize(("place", "size"), SIZES.items())
def test_sizes_are_the_published_ones(place: tuple[int, int], size: int) -> None:
    layout = layout_of(*place, is_up=place[0] == 0x0C)
    assert layout is not None
    assert bytes_read(layout, bytes(100)) == size


def test_the_meter_file_takes_27_bytes_a_meter() -> None:
    layout = layout_of(0x04, 10, is_up=False)
    assert layout is not None
    assert [bytes_read(layout, bytes([n, 0]) + bytes(100)) for n in range(4)] == [2, 29, 56, 83]


@pytest.mark.parametrize(("afn", "function", "is_up", "layout"), LAYOUTS)
def test_every_layout_reads_back_what_it_writes(afn: int, function: int, is_up: bool, layout: Layout) -> None:
    cursor = Cursor(bytes([1] * 7) + bytes([3, 1]) + bytes([1, 2] * 400))
    if function == 10:
        cursor = Cursor(b"\x02\x00" + bytes([1, 2] * 27))
    elif layout and type(layout[-1]) is layouts.ToTheEnd:
        cursor = Cursor(bytes(1 + 5 * 3))
    layouts.decode(layout, cursor)
    quantities = {value.name: None if value.problem else value.text for value in cursor.values}
    written = layouts.encode(layout, quantities)
    again = Cursor(written)
    layouts.decode(layout, again)
    assert again.left == 0
    assert [value.text for value in again.values] == [value.text for value in cursor.values]


def test_the_edition_of_2005_has_shorter_currents_and_no_apparent_power() -> None:
    old = layout_of(0x0C, 25, is_up=True, edition=Edition.GDW130)
    assert old is not None
    assert bytes_read(old, bytes(100)) == 51


def test_tariffs_follow_their_count() -> None:
    units, problem = walk(bytes.fromhex("01010110 1815220816 02 0000010000 0000020000 0000030000"), 0x0C, is_up=True)
    assert problem is None
    numbers = {value.name: value.text for value in units[0].values[2:]}
    assert numbers == {
        "active_energy_import": "1.0000",
        "active_energy_import_t1": "2.0000",
        "active_energy_import_t2": "3.0000",
    }


def test_units_follow_one_another_and_an_unknown_one_ends_the_walk() -> None:
    units, problem = walk(bytes.fromhex("00000200 000000010118 00004000 0102 00000400 112233"), 0x0C, is_up=True)
    assert [(unit.function, unit.problem is None, unit.raw.hex()) for unit in units] == [
        (2, True, "000000010118"),
        (7, True, "0102"),
        (3, False, "112233"),
    ]
    assert problem == "AFN 0C F3: layout not known, 3 bytes left as they are"


def test_short_data_give_no_value() -> None:
    ((unit,), problem) = walk(bytes.fromhex("0101010318152208164203"), 0x0C, is_up=True)
    assert (unit.values, unit.raw.hex()) == ((), "18152208164203")
    assert problem == "AFN 0C F25: active_power: 2 bytes left, 3 needed"


@pytest.mark.parametrize(
    ("raw", "words"), [("0000", "2 bytes left"), ("00000000", "names no point"), ("01000100", "names no")]
)
def test_wrong_identifiers_are_told(raw: str, words: str) -> None:
    units, problem = walk(bytes.fromhex(raw), 0x0C, is_up=False)
    assert units == []
    assert problem is not None and words in problem


def test_a_curve_names_its_points() -> None:
    ((unit,), problem) = walk(bytes.fromhex("0101010B 0000010124 01 02 7023 EEEE"), 0x0D, is_up=True)
    assert problem is None
    assert [(value.name, value.number) for value in unit.values[3:]] == [
        ("voltage_l1_1", Decimal(237)),
        ("voltage_l1_2", None),
    ]


def test_events_are_cut_by_their_lengths() -> None:
    raw = bytes.fromhex("00000100 0301 FF01 0E 06 1815220816 01 01 05 0000010124")
    ((unit,), problem) = walk(raw, 0x0E, is_up=True)
    assert problem is None
    texts = {value.name: value.text for value in unit.values}
    assert (texts["event_1"], texts["event_time_1"], texts["event_data_1"]) == ("14", "2016-08-22 15:18", "01")
    assert (texts["event_2"], texts["event_time_2"]) == ("1", "2024-01-01 00:00")


@pytest.mark.parametrize("size", [0, 2, 16])
def test_the_password_is_found_by_the_end_of_the_units(size: int) -> None:
    data = bytes.fromhex("00000100 05051E30010F") + bytes([0xA5]) * size
    content = read(Frame(0x4A, "1234", 1, 2, 0x04, 0x70, data))
    assert content.problem is None
    assert len(content.auxiliary.password) == size
    assert [value.text for value in content.units[0].values] == ["100", "5", "30", "3", "1", "15"]


def test_the_tail_is_stripped_from_the_end() -> None:
    data = bytes.fromhex("00000100 0102 03 13512321 05")
    units, tail = split(Frame(0xA8, "1234", 1, 2, 0x0C, 0xE0, data))
    assert units == bytes.fromhex("00000100")
    assert tail == (b"", EventCounters(1, 2), TimeTag(3, "21 23:51:13", 5))


def test_a_tail_that_is_missing_is_the_terminals_fault() -> None:
    with pytest.raises(RemoteProtocolError, match="time tag"):
        split(Frame(0xA8, "1234", 1, 2, 0x0C, 0xE0, bytes(5)))
    assert read(Frame(0xA8, "1234", 1, 2, 0x0C, 0xE0, bytes(5))).problem == "5 bytes left where the time tag has 6"


def test_units_without_data_cannot_be_named_without_end() -> None:
    units, problem = walk(bytes.fromhex("FF01FF00") * 4095, 0x0C, is_up=False)
    assert (len(units), problem) == (MAX_UNITS, f"more than {MAX_UNITS} units")


@given(st.binary(max_size=200), st.sampled_from(sorted(_TABLE)), st.booleans(), st.integers(0, 255))
def test_any_bytes_are_read_without_an_exception(data: bytes, afn: int, is_up: bool, seq: int) -> None:
    content = read(Frame(0xA8 if is_up else 0x4B, "1234", 1, 2, afn, seq, data))
    assert content.problem is None or content.problem


def test_reactive_power_with_its_high_byte_first_is_read_as_the_power_factor_demands() -> None:
    head = "01010103 1815220816 420300 330000 260000 810200"
    quirk = "006003 003400 002400 000103"
    tail = "8806 9606 6407 8306 7023 7023 7023 200000 100000 000200 EEEEEE" + "EEEEEE" * 4
    ((unit,), _) = walk(bytes.fromhex(head + quirk + tail), 0x0C, is_up=True)
    assert [v.text for v in unit.values if v.name.startswith("reactive")] == ["0.0360", "0.0034", "0.0024", "0.0301"]
    assert unit.remark == "reactive power comes with its high byte first"
    for true in ("600300 340000 240000 010300", "420380 340000 240000 010300", "EEEEEE EEEEEE EEEEEE EEEEEE"):
        ((unit,), _) = walk(bytes.fromhex(head + true + tail), 0x0C, is_up=True)
        assert unit.remark is None


def test_a_quantity_that_is_missing_is_named() -> None:
    layout = layout_of(0x04, 17, is_up=False)
    assert layout is not None
    with pytest.raises(LocalProtocolError, match="safety_limit is missing"):
        layouts.encode(layout, {})
