"""Every row of the table with values of its own kind, which come back; the sizes of records as sources state them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.command_formats import BaudWord, Hex
from protocols.dlt645.data_identifiers import ROWS, decode, encode_values, find
from protocols.dlt645.data_item import DataItem, Field, Row
from protocols.dlt645.formats import Bits, Digits, Number, Quantity, Stamp, Text
from protocols.dlt645.layout import is_secret
from protocols.errors import LocalProtocolError
from tests.unit.protocols.dlt645.test_data_identifiers import identifiers_of, known

RECORD_SIZES = {
    "03010000": 18, "030F0000": 18, "03050000": 6, "030A0000": 6, "03120000": 18, "03370000": 3, "1E000001": 3,
    "03010101": 131, "0304030A": 131, "03050001": 15, "03060001": 12, "03070001": 76, "0308000A": 76,
    "03090001": 78, "030A0001": 78, "030B0101": 115, "030D0301": 115, "030E0101": 76, "030F0301": 76,
    "03100000": 27, "0310030C": 27, "03110001": 12, "03120101": 20, "03120601": 20, "03300001": 50, "03300101": 106,
    "03300201": 202, "03300301": 14, "03300401": 16, "03300601": 94, "03300701": 11, "03300801": 1026,
    "03300901": 11, "03300B01": 11, "03300C01": 16, "03300D01": 60, "03300E0A": 60, "03350001": 28,
    "1D000101": 34, "1E00010A": 34,
    "04000106": 5, "04000205": 2, "04000306": 3, "04000508": 4, "04000601": 1, "04000701": 1, "04000801": 1,
    "04000A01": 4, "04000A07": 2, "04000B01": 2, "04000C01": 4, "04000C0A": 4, "04000D01": 2, "04000E01": 3,
    "04000E04": 2, "04000F01": 4, "04001005": 4, "04010000": 42, "04020008": 42, "04030001": 4, "04040101": 5,
    "04050101": 4, "04060001": 4, "04060301": 4,
    "05020001": 5, "05030101": 256, "05051001": 24, "05070901": 512, "00900201": 4,
}  # fmt: skip


@pytest.mark.parametrize(("di", "size"), RECORD_SIZES.items())
def test_an_item_has_the_size_that_is_known_of_it(di: str, size: int) -> None:
    assert max(known(di).sizes) == size


STAMPS = {"YY": "26", "MM": "11", "DD": "24", "hh": "12", "mm": "30", "ss": "15"}


def quantity(field: Field) -> st.SearchStrategy[Quantity]:
    """Any value that the field's format can hold, in the form that it decodes to."""
    size = field.format.size
    match field.format:
        case Number(decimals=decimals, signed=signed):
            top = 10 ** (2 * size) * (8 if signed else 10) // 10 - 1
            return st.integers(-top if signed else 0, top).map(lambda n: str(Decimal(n).scaleb(-decimals)))
        case Digits():
            return st.integers(0, 10 ** (2 * size) - 1).map(lambda n: f"{n:0{2 * size}d}")
        case Hex():
            return st.binary(min_size=size, max_size=size).map(lambda raw: raw.hex().upper())
        case Bits():
            return st.integers(0, 256**size - 2).map(lambda n: f"{n:0{2 * size}X}")
        case Text():
            return st.text("ABC-0123456789.", max_size=size)
        case BaudWord(bits=bits):
            return st.sampled_from([str(rate) for rate in bits.values()])
        case Stamp():
            return st.sampled_from([time_of(field.format, "24"), time_of(field.format, "01")])
    raise AssertionError(f"no values for {field.format}")


def time_of(stamp: Stamp, day: str) -> str:
    parts = {**STAMPS, "DD": day}
    raw = bytes.fromhex("".join(parts.get(stamp.pattern[at : at + 2], "02") for at in range(0, 2 * stamp.size, 2)))
    return stamp.decode(raw[::-1], "", "").text


MOST_FIELDS = 64
SHORT_ROWS = [row for row in ROWS if len(row.parts) <= MOST_FIELDS]


@given(st.sampled_from(SHORT_ROWS), st.data())
def test_values_of_every_format_come_back(row: Row, data: st.DataObject) -> None:
    di = data.draw(st.sampled_from(list(identifiers_of(row.pattern))).filter(find))
    item: DataItem = known(di)
    counts = sorted(count for count in item.sizes.values() if count <= MOST_FIELDS)
    fields = item.fields[: data.draw(st.sampled_from(counts))]
    written = [data.draw(quantity(field)) for field in fields]
    payload = encode_values(di, written)
    values = decode(di, payload)
    assert [value.text for value in values] == written
    assert [value.problem for value in values] == [None] * len(values)
    assert encode_values(di, [value.text for value in values]) == payload


def test_the_only_longer_record_comes_back_too() -> None:
    (row,) = (row for row in ROWS if row not in SHORT_ROWS)
    item = known("03300801")
    assert row.name == "holidays_set_record"
    written = ["2026-11-24 12:30:15", "12345678", *(["2", "2026-11-24"] * 254)]
    assert [value.text for value in item.decode(item.encode(written))] == written


def test_a_record_of_a_tripped_meter() -> None:
    time, operator, *energies = decode("1D000101", bytes.fromhex("153012241126" + "78563412" + "00010000" * 6))
    assert (time.name, time.text) == ("trip_time_record_1", "2026-11-24 12:30:15")
    assert (operator.name, operator.text) == ("trip_operator_code_record_1", "12345678")
    assert [value.text for value in energies] == ["1.00"] * 6


@pytest.mark.parametrize(("fill", "problem"), [(0x00, "no time recorded"), (0xFF, "not present")])
def test_a_slot_never_used_has_no_time(fill: int, problem: str) -> None:
    begin, end = decode("03110001", bytes([fill]) * 12)
    assert (begin.problem, end.problem, begin.text) == (problem, problem, "")


def test_a_tariff_table_has_as_many_rows_as_its_size_says() -> None:
    values = decode("04010001", bytes.fromhex("020008" + "010022"))
    assert [(value.name, value.text) for value in values] == [
        ("period_tables_1_tariff_1_table_1", "2"),
        ("period_tables_1_start_1_table_1", "08:00"),
        ("period_tables_1_tariff_2_table_1", "1"),
        ("period_tables_1_start_2_table_1", "22:00"),
    ]


@pytest.mark.parametrize(
    ("di", "name"),
    [
        ("07000001", "security_data"),
        ("070102FF", "security_data"),
        ("04001501", "report_status_word"),
        ("03300501", "period_tables_set_record_1"),
        ("1001FF01", "voltage_loss_block"),
        ("1D00FF01", "trip_block"),
        ("1F00FF0A", "power_factor_low_block"),
    ],
)
def test_what_is_only_known_by_name_stays_hex(di: str, name: str) -> None:
    assert known(di).name == name
    (value,) = decode(di, b"\x01\x02\xff")
    assert (value.text, value.number, value.problem) == ("FF0201", None, None)
    assert encode_values(di, [value.text]) == b"\x01\x02\xff"
    for wrong in (["xyz"], [], ["00", "00"], [None]):
        with pytest.raises(LocalProtocolError, match="one text of hex"):
            encode_values(di, wrong)


def test_a_meters_passwords_are_secrets_by_name() -> None:
    level, password = known("04000C05").fields
    assert (is_secret(level.name), is_secret(password.name)) == (False, True)
    assert is_secret(known("03300001").fields[1].name)
    assert not is_secret("active_energy_import")


def test_a_lone_field_fills_its_data() -> None:
    for row in ROWS:
        item = known(next(identifiers_of(row.pattern)))
        if 1 in item.sizes.values():
            assert item.sizes[item.fields[0].format.size] == 1
            assert item.fields[0].offset == 0
