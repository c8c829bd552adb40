"""The 1997 edition: its identifiers, and frames that tell which edition they are."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import Frame, edition1997, encode, error_reply, read
from protocols.dlt645.edition import Edition, edition_of
from protocols.errors import LocalProtocolError


@pytest.mark.parametrize(
    ("di", "payload", "text", "unit", "name"),
    [
        ("9010", "79261400", "1426.79", "kWh", "active_energy_import"),
        ("9020", "00000000", "0.00", "kWh", "active_energy_export"),
        ("9011", "01000000", "0.01", "kWh", "active_energy_import_t1"),
        ("9410", "01000000", "0.01", "kWh", "active_energy_import_last_month"),
        ("9820", "01000000", "0.01", "kWh", "active_energy_export_month_before_last"),
        ("9110", "01000000", "0.01", "kvarh", "reactive_energy_import"),
        ("9140", "01000000", "0.01", "kvarh", "reactive_energy_q4"),
        ("A010", "452301", "1.2345", "kW", "max_demand_import"),
        ("B010", "45132411", "11-24 13:45", "", "max_demand_import_time"),
        ("B611", "2302", "223", "V", "voltage_l1"),
        ("B621", "9904", "4.99", "A", "current_l1"),
        ("B630", "563412", "12.3456", "kW", "active_power"),
        ("B650", "9909", "0.999", "", "power_factor"),
        ("C011", "042222", "22:22:04", "", "clock_time"),
        ("C032", "346917081720", "201708176934", "", "meter_number"),
    ],
)
def test_known_items(di: str, payload: str, text: str, unit: str, name: str) -> None:
    (value,) = edition1997.decode(di, bytes.fromhex(payload))
    assert (value.name, value.text, value.unit, value.problem) == (name, text, unit, None)


@pytest.mark.parametrize("closing", ["", "AA"])
def test_a_block_may_be_closed(closing: str) -> None:
    values = edition1997.decode("901F", bytes.fromhex("0100000002000000" + closing))
    assert [(value.di, value.number) for value in values] == [("9010", Decimal("0.01")), ("9011", Decimal("0.02"))]


@given(st.sampled_from(["9010", "901F", "B61F", "C010", "B010"]), st.binary(max_size=64))
def test_any_data_gives_values_or_one_void_value(di: str, payload: bytes) -> None:
    assert edition1997.decode(di, payload)


def test_names_and_identifiers_agree() -> None:
    item = edition1997.find("901F")
    assert item is not None
    assert item.name == "active_energy_import_block"
    assert [field.di for field in item.fields][:2] == ["9010", "9011"]


@pytest.mark.parametrize("di", ["901", "90100", "901G", "ce00"])
def test_a_wrong_identifier_is_neither_read_nor_asked_for(di: str) -> None:
    assert edition1997.find(di) is None
    with pytest.raises(LocalProtocolError):
        edition1997.decode(di, b"")
    with pytest.raises(LocalProtocolError):
        edition1997.read("000000000001", di)


def test_a_read_request_is_the_published_one() -> None:
    assert encode(edition1997.read("010003635927", "9010"), preamble=0).hex() == "6827596303000168010243c3c016"


@pytest.mark.parametrize(
    ("frame", "edition"),
    [
        (read("000000000001", "00010000"), Edition.OF_2007),
        (edition1997.read("000000000001", "9010"), Edition.OF_1997),
        (Frame("000000000001", 0x81), Edition.OF_1997),
        (Frame("999999999999", 0x08, bytes(6)), Edition.OF_2007),
        (Frame("000000000001", 0x03), Edition.OF_1997),
        (Frame("000000000001", 0x03, bytes(12)), Edition.OF_2007),
        (Frame("000000000001", 0xC3, bytes(2)), Edition.OF_2007),
        (Frame("000000000001", 0xC3, bytes(1)), Edition.OF_1997),
        (error_reply(read("000000000001", "00010000"), 2), Edition.OF_2007),
        (Frame("000000000001", 0x1C, bytes(16)), Edition.OF_2007),
    ],
)
def test_the_control_code_tells_the_edition(frame: Frame, edition: Edition) -> None:
    assert edition_of(frame) is edition
