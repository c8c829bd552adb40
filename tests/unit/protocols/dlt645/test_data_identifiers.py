"""The table of data identifiers: its own rules, known values, and values that come back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import status_words
from protocols.dlt645.data_identifiers import ROWS, decode, encode_values, find
from protocols.dlt645.data_item import AXES, BLOCK, DataItem, Part, Row
from protocols.dlt645.formats import Number
from protocols.errors import LocalProtocolError

UNITS = {
    "", "kWh", "kvarh", "kVAh", "kW", "kvar", "kVA", "V", "A", "Hz", "deg", "degC", "%", "min", "CNY", "CNY/kWh",
    "imp/kWh", "imp/kvarh", "bit/s", "ms", "s", "Ah",
}  # fmt: skip


def identifiers_of(pattern: str) -> Iterator[str]:
    """Every identifier of a row, blocks too."""
    choices: list[list[str]] = []
    for at in range(0, 8, 2):
        axis = AXES.get(pattern[at : at + 2])
        numbers = [*axis.numbers, *([BLOCK] if axis.may_be_block else [])] if axis else []
        choices.append([f"{number:02X}" for number in numbers] or [pattern[at : at + 2]])
    return ("".join(parts) for parts in product(*choices))


def blocks_of(pattern: str) -> str:
    """An identifier of the row that asks for one block, or for its last member where it knows no block."""
    return next((di for di in reversed(list(identifiers_of(pattern))) if find(di)), "")


def known(di: str) -> DataItem:
    item = find(di)
    assert item is not None
    return item


def doubled(rows: Sequence[Row]) -> list[str]:
    """Identifiers that more than one row claims."""
    counts = Counter(di for row in rows for di in identifiers_of(row.pattern))
    assert len(counts) > 60_000
    return [di for di, count in counts.items() if count > 1]


def test_no_identifier_belongs_to_two_rows() -> None:
    assert doubled(ROWS) == []


def test_a_second_row_for_one_identifier_would_be_seen() -> None:
    stray = Row("0001FF00", "stray", (Part("stray", Number(4, 2, "kWh")),))
    assert doubled((*ROWS, stray)) == ["0001FF00"]


def test_every_identifier_is_found_unless_it_asks_for_two_blocks() -> None:
    for row in ROWS:
        for di in list(identifiers_of(row.pattern))[::7]:
            blocks = sum(di[at : at + 2] == "FF" and row.pattern[at : at + 2] != "FF" for at in range(0, 8, 2))
            assert (find(di) is None) == (blocks > 1), di


def test_item_names_tell_the_rows_apart() -> None:
    names = Counter(known(next(identifiers_of(row.pattern))).name for row in ROWS)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.pattern)
def test_members_of_a_block_have_their_own_names_units_and_places(row: Row) -> None:
    for di in (next(identifiers_of(row.pattern)), blocks_of(row.pattern)):
        item = known(di)
        names = [field.name for field in item.fields]
        assert len(set(names)) == len(names)
        assert all(name.replace("_", "").isalnum() and name.islower() for name in names)
        assert {field.format.unit for field in item.fields} <= UNITS
        places = sorted((field.offset, field.offset + field.format.size) for field in item.fields)
        assert all(end <= start for (_, end), (start, _) in pairwise(places))
        assert max(item.sizes) == places[-1][1]


@pytest.mark.parametrize(
    "di", ["00010", "00010000 ", "0001000g", "0001ffff", "0001FFFF", "00014000", "0001000D", "02010000", "03990000",
           "06070001", "06000003", "05060001"[:7] + "G", "0506FF3F", "050600FF", "00800100",
           "03010001"[:6] + "0B", "03000001", "0330050B", "1D00010B", "10010001", "04000C0B", "0403FF00", "0508FF01"]
)  # fmt: skip
def test_what_is_not_in_the_table_is_not_found(di: str) -> None:
    assert find(di) is None
    with pytest.raises(LocalProtocolError, match="not in the table"):
        decode(di, b"")
    with pytest.raises(LocalProtocolError, match="not in the table"):
        encode_values(di, [])


NUMBER_ROWS = [row for row in ROWS if all(isinstance(part.format, Number) for part in row.parts)]


@given(st.sampled_from(NUMBER_ROWS), st.data())
def test_values_of_any_row_come_back(row: Row, data: st.DataObject) -> None:
    di = data.draw(st.sampled_from(list(identifiers_of(row.pattern))).filter(find))
    item = known(di)
    fields = item.fields[: data.draw(st.sampled_from(sorted(item.sizes.values())))]
    scaled = data.draw(st.lists(st.none() | st.integers(0, 9), min_size=len(fields), max_size=len(fields)))
    quantities = [
        None if number is None else Decimal(number).scaleb(-getattr(field.format, "decimals", 0))
        for number, field in zip(scaled, fields, strict=True)
    ]
    payload = encode_values(di, quantities)
    values = decode(di, payload)
    assert [value.number for value in values] == quantities
    assert [value.name for value in values] == [field.name for field in fields]
    assert encode_values(di, [value.number for value in values]) == payload


@given(st.sampled_from(ROWS), st.binary(max_size=200), st.data())
def test_any_data_gives_values_or_one_void_value(row: Row, payload: bytes, data: st.DataObject) -> None:
    di = data.draw(st.sampled_from(list(identifiers_of(row.pattern))).filter(find))
    values = decode(di, payload)
    assert values
    if len(payload) not in known(di).sizes:
        (value,) = values
        assert (value.number, value.text) == (None, "")
        assert value.problem is not None
        assert f"{len(payload)} bytes" in value.problem


@pytest.mark.parametrize(
    ("di", "name", "unit", "decimals", "signed"),
    [
        ("00000000", "active_energy_combined", "kWh", 2, True),
        ("00010000", "active_energy_import", "kWh", 2, False),
        ("00010100", "active_energy_import_t1", "kWh", 2, False),
        ("00013F00", "active_energy_import_t63", "kWh", 2, False),
        ("00020401", "active_energy_export_t4_settlement_1", "kWh", 2, False),
        ("00030000", "reactive_energy_combined1", "kvarh", 2, True),
        ("00080000", "reactive_energy_q4", "kvarh", 2, False),
        ("000A0000", "apparent_energy_export", "kVAh", 2, False),
        ("00800000", "active_energy_linked", "kWh", 2, True),
        ("00150000", "active_energy_import_l1", "kWh", 2, False),
        ("001E0000", "apparent_energy_export_l1", "kVAh", 2, False),
        ("00290000", "active_energy_import_l2", "kWh", 2, False),
        ("00440000", "reactive_energy_q4_l3", "kvarh", 2, False),
        ("00460000", "apparent_energy_export_l3", "kVAh", 2, False),
        ("00940000", "active_energy_linked_l1", "kWh", 2, True),
        ("00C20000", "iron_loss_energy_l3", "kWh", 2, False),
        ("00900200", "remaining_money", "CNY", 2, False),
        ("02010300", "voltage_l3", "V", 1, False),
        ("02020100", "current_l1", "A", 3, True),
        ("02030000", "active_power", "kW", 4, True),
        ("02040200", "reactive_power_l2", "kvar", 4, True),
        ("02060000", "power_factor", "", 3, True),
        ("02070100", "phase_angle_l1", "deg", 1, False),
        ("020A0115", "voltage_harmonic_l1_h21", "%", 2, False),
        ("02800001", "current_neutral", "A", 3, True),
        ("02800002", "frequency", "Hz", 2, False),
        ("02800007", "temperature", "degC", 1, True),
        ("02800008", "clock_battery_voltage", "V", 2, False),
    ],
)
def test_single_numbers(di: str, name: str, unit: str, decimals: int, signed: bool) -> None:
    item = known(di)
    assert item.name == name
    (field,) = item.fields
    fmt = field.format
    assert isinstance(fmt, Number)
    assert (field.name, field.di, fmt.unit, fmt.decimals, fmt.signed) == (name, di, unit, decimals, signed)


def test_a_tariff_block_has_as_many_tariffs_as_its_size_says() -> None:
    for tariffs in (0, 4, 63):
        values = decode("0001FF00", bytes(4 * (tariffs + 1)))
        assert len(values) == tariffs + 1
        assert values[-1].di == f"0001{tariffs:02X}00"
    assert [value.name for value in decode("0001FF02", bytes(8))] == [
        "active_energy_import_settlement_2",
        "active_energy_import_t1_settlement_2",
    ]


def test_a_settlement_block_has_today_and_twelve_days() -> None:
    values = decode("000100FF", bytes(52))
    assert [value.di for value in values] == [f"000100{day:02X}" for day in range(13)]
    assert decode("000100FF", bytes(56))[0].problem == "56 bytes of data do not fit, expected 4 or 8 or 12 ..."


def test_a_missing_phase_is_not_present_and_the_others_are() -> None:
    values = decode("0201FF00", bytes.fromhex("5622FFFF0000"))
    assert [(value.text, value.problem) for value in values] == [("225.6", None), ("", "not present"), ("0.0", None)]


def test_one_byte_too_many_or_too_few_is_no_energy() -> None:
    for payload in (bytes(3), bytes(5), b""):
        (value,) = decode("00010000", payload)
        assert (value.number, value.problem) == (None, f"{len(payload)} bytes of data do not fit, expected 4")


def test_a_demand_carries_its_time() -> None:
    payload = encode_values("01010000", [Decimal("1.2345"), "2026-11-24 13:45"])
    assert payload.hex() == "4523014513241126"
    demand, time = decode("01010000", payload)
    assert (demand.name, demand.number, demand.unit) == ("max_demand_import", Decimal("1.2345"), "kW")
    assert (time.name, time.text) == ("max_demand_import_time", "2026-11-24 13:45")
    block = decode("0101FF00", payload * 5)
    assert (block[8].name, block[8].di, block[8].number) == ("max_demand_import_t4", "01010400", Decimal("1.2345"))


def test_no_demand_yet_has_no_time() -> None:
    demand, time = decode("01010000", bytes(8))
    assert (demand.text, time.text, time.problem) == ("0.0000", "", "no time recorded")
    assert encode_values("01010000", [0, ""]) == bytes(8)


def test_the_clock_is_read_whole_and_in_parts() -> None:
    assert [value.text for value in decode("04000101", bytes.fromhex("01110116"))] == ["2016-01-11", "1"]
    assert encode_values("04000101", ["2016-01-11", 1]) == bytes.fromhex("01110116")
    assert decode("04000102", bytes.fromhex("555321"))[0].text == "21:53:55"
    assert decode("0400010C", bytes.fromhex("55532101110116"))[0].text == "2016-01-11 21:53:55"


def test_a_status_word_is_bits_and_the_relay_is_two_of_them() -> None:
    (value,) = decode("04000503", bytes.fromhex("5000"))
    assert (value.name, value.number, value.text) == ("status_word_3", None, "0050")
    word = int(value.text, 16)
    assert word & status_words.RELAY_OPEN
    assert word & status_words.RELAY_COMMANDED_OPEN
    assert status_words.meanings(3, word) == ("relay open", "relay commanded open")
    assert [value.name for value in decode("040005FF", bytes(14))] == [f"status_word_{n}" for n in range(1, 8)]


def test_every_status_word_has_names_and_a_bit_without_one_its_number() -> None:
    assert sorted(status_words.BITS) == [1, 2, 3, 4, 5, 6, 7]
    assert status_words.meanings(1, 1) == ("bit 0",)
    assert all(0 <= bit < 16 for names in status_words.BITS.values() for bit in names)


def test_a_daily_freeze_is_the_registers_of_midnight() -> None:
    assert decode("05060001", bytes.fromhex("0000091015"))[0].text == "2015-10-09 00:00"
    values = decode("05060102", encode_values("05060102", [Decimal("10.50"), 4, 3, 2, Decimal("1.50")]))
    assert [value.name for value in values][:2] == [
        "active_energy_import_daily_freeze_2",
        "active_energy_import_t1_daily_freeze_2",
    ]
    assert values[0].number == Decimal("10.50")
    assert [len(decode(f"0506{item:02X}01", bytes(20))) for item in range(1, 9)] == [5] * 8


@pytest.mark.parametrize("tariffs", [0, 1, 4, 14, 63])
@pytest.mark.parametrize("closing", [b"", b"\xaa"], ids=["parted", "closed"])
def test_a_freeze_block_tells_its_tariffs_by_its_size(tariffs: int, closing: bytes) -> None:
    energies = [Decimal(number).scaleb(-2) for number in range(8 * (tariffs + 1))]
    demands = [entry for _ in range(2 * (tariffs + 1)) for entry in (Decimal("0.5000"), "2026-11-23 12:15")]
    powers = [Decimal("-0.1234")] * 8
    payload = encode_values("0506FF01", ["2026-11-24 00:00", *energies, *demands, *powers])
    assert len(payload) == 5 + 48 * (tariffs + 1) + 24 + 11
    values = decode("0506FF01", payload + closing)
    assert values[0].text == "2026-11-24 00:00"
    assert [value.number for value in values[1 : 1 + len(energies)]] == energies
    assert [value.number for value in values[-8:]] == powers
    assert values[1].di == "05060101"


def test_a_freeze_block_without_its_separators_is_not_read() -> None:
    payload = encode_values("0504FF01", ["2026-11-24 13:00", 1, 2])
    assert [value.number for value in decode("0504FF01", payload)[1:]] == [1, 2]
    for at in (5, 10):
        damaged = payload[:at] + b"\x00" + payload[at + 1 :]
        assert decode("0504FF01", damaged)[0].problem == "15 bytes of data do not fit"
    with pytest.raises(LocalProtocolError, match="does not have 4 values"):
        encode_values("0504FF01", ["2026-11-24 13:00", 1, 2, 3])


def test_a_block_takes_only_as_many_values_as_it_has_members() -> None:
    with pytest.raises(LocalProtocolError, match="does not have 4 values"):
        encode_values("0201FF00", [1, 2, 3, 4])
    with pytest.raises(LocalProtocolError, match="does not have 0 values"):
        encode_values("00010000", [])
