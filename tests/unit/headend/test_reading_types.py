"""The one table of reading types, and exact scaled integers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.domain.errors import ConfigError, UnknownReadingType
from headend.domain.reading_types import ReadingKind, ReadingType, ReadingTypeTable, read_table
from protocols.dlt645 import data_identifiers

ENERGY = ReadingType(1, "energy", "", "", "", "kWh", 4, 2, ReadingKind.REGISTER, 6)
scaled = st.integers(-(10**14), 10**14)


@given(scaled)
def test_scaling_is_the_inverse_of_unscaling(value: int) -> None:
    assert ENERGY.scale(ENERGY.unscale(value)) == value


@given(scaled)
def test_text_is_exact_and_has_at_least_the_shown_decimals(value: int) -> None:
    text = ENERGY.text(value)
    assert Decimal(text) == ENERGY.unscale(value)
    assert 2 <= len(text.partition(".")[2]) <= 4


def test_text_shows_further_digits_only_where_they_say_something() -> None:
    assert [ENERGY.text(v) for v in (0, 5, 100, 12345600, -1)] == ["0.00", "0.0005", "0.01", "1234.56", "-0.0001"]


def test_a_value_with_more_decimals_does_not_fit() -> None:
    with pytest.raises(ValueError, match="decimals"):
        ENERGY.scale(Decimal("0.00001"))


def test_the_shipped_table_is_found_by_name_obis_and_data_identifier(types: ReadingTypeTable) -> None:
    row = types.by_name("active_energy_import")
    assert types.find("1-0:1.8.0") is types.find("00010000") is types.find("active_energy_import") is row


def test_every_shipped_identifier_means_the_same_to_the_protocol(types: ReadingTypeTable) -> None:
    for row in types.rows:
        if not row.data_identifier:
            continue
        item = data_identifiers.find(row.data_identifier)
        assert item is not None, row.name
        field = item.fields[0]
        assert (field.name, field.format.unit) == (row.name, row.unit)


def test_nobody_knows_an_unknown_item(types: ReadingTypeTable) -> None:
    with pytest.raises(UnknownReadingType, match="energie"):
        types.find("energie")


HEADER = "id,name,obis,cim,data_identifier,unit,decimals,shown_decimals,kind,register_digits,label_en,label_zh\n"
CIM = ".".join(["0"] * 18)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"1,a,1.8.0,{CIM},,kWh,4,2,register,6,,", "OBIS"),
        ("1,a,,0.0,,kWh,4,2,register,6,,", "18 fields"),
        (f"1,a,,{CIM},,Wh,4,2,register,6,,", "no unit"),
        (f"x,a,,{CIM},,kWh,4,2,register,6,,", "not a reading type"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(row: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read_table(HEADER + row + "\n", "types.csv")
    assert str(caught.value).startswith("types.csv:2")


def test_two_rows_cannot_share_an_obis_code() -> None:
    row = f"1-0:1.8.0,{CIM},,kWh,4,2,register,6,,\n"
    with pytest.raises(ConfigError, match="share obis"):
        read_table(HEADER + "1,a," + row + "2,b," + row, "types.csv")
