"""The table of objects: names, units and scales; what is of another type is no value."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from headend import shipped
from protocols.dlt698 import objects
from protocols.dlt698.data import Data, decode

CSV = csv.DictReader((shipped.config_root() / "reading_types.csv").read_text(encoding="utf-8").splitlines())
UNITS = {row["name"]: row["unit"] for row in CSV}


def one(oad: str, raw: str) -> objects.ObjectValue:
    (value,) = objects.decode(oad, decode(bytes.fromhex(raw)))
    return value


@pytest.mark.parametrize(
    ("oad", "raw", "name", "text", "unit"),
    [
        ("00000201", "05FFFFFF85", "active_energy_combined", "-1.23", "kWh"),
        ("00100201", "060001E240", "active_energy_import", "1234.56", "kWh"),
        ("00100203", "0600004E20", "active_energy_import_t2", "200.00", "kWh"),
        ("00110201", "0600000001", "active_energy_import_l1", "0.01", "kWh"),
        ("00200401", "150000000000BC614E", "active_energy_export", "1234.5678", "kWh"),
        ("00300201", "05FFFFFFFF", "reactive_energy_combined1", "-0.01", "kvarh"),
        ("00400201", "0600000001", "reactive_energy_combined2", "0.01", "kvarh"),
        ("00500201", "060000D431", "reactive_energy_q1", "543.21", "kvarh"),
        ("00800205", "0600000064", "reactive_energy_q4_t4", "1.00", "kvarh"),
        ("20000202", "12096E", "voltage_l2", "241.4", "V"),
        ("20010203", "05FFFFFC18", "current_l3", "-1.000", "A"),
        ("20040201", "050000EA60", "active_power", "6.0000", "kW"),
        ("20040204", "0500004E20", "active_power_l3", "2.0000", "kW"),
        ("20050202", "05FFFFFFFF", "reactive_power_l1", "-0.0001", "kvar"),
        ("20060201", "0500000001", "apparent_power", "0.0001", "kVA"),
        ("200A0201", "10037E", "power_factor", "0.894", ""),
        ("200A0202", "10FC18", "power_factor_l1", "-1.000", ""),
        ("200F0200", "121388", "frequency", "50.00", "Hz"),
    ],
)
def test_scales_units_and_names(oad: str, raw: str, name: str, text: str, unit: str) -> None:
    value = one(oad, raw)
    assert (value.name, value.text, value.unit, value.value) == (name, text, unit, Decimal(text))
    assert objects.name_of(oad) == name


def test_units_are_those_of_the_reading_types() -> None:
    rows = [row for row in objects.OBJECTS.values() for name in (row.element(1),) if name in UNITS]
    assert len(rows) > 20
    assert [row for row in rows if UNITS[row.element(1)] != row.unit] == []


@pytest.mark.parametrize(
    ("oad", "raw"),
    [
        ("00100201", "05FFFFFFFF"),  # a signed number where energy counts up only
        ("00100201", "150000000000BC614E"),  # the long form under the short attribute
        ("00100401", "060001E240"),
        ("20000201", "0500000901"),
        ("00100200", "060001E240"),  # one number where the tariffs belong
        ("40000200", "0906010203040506"),
        ("40010200", "0906ABCDEF010203"),
        ("10100201", "0600003039"),
        ("10100201", "02010600003039"),
    ],
)
def test_another_type_is_no_value(oad: str, raw: str) -> None:
    value = one(oad, raw)
    assert (value.value, value.text) == (None, None)
    assert value.problem is not None


def test_null_is_not_present_and_no_problem() -> None:
    assert one("20000203", "00") == objects.ObjectValue("voltage_l3", "V")
    missing = objects.decode("20000200", decode(bytes.fromhex("0103 12096D 00 12096F")))
    assert [value.text for value in missing] == ["241.3", None, "241.5"]


@pytest.mark.parametrize("oad", ["00900201", "00102201", "00100301", "F1000200", "80000200"])
def test_what_is_not_in_the_table_has_no_value(oad: str) -> None:
    assert objects.decode(oad, Data(6, 1)) == ()
    assert objects.name_of(oad) is None
