"""Two independent writings of the manual meet: what the face encodes, `protocols.dlt645` decodes to the truth told."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from protocols.dlt645 import data_identifiers, load_records, read, read_load_record
from protocols.dlt645.formats import Value
from simulators.load_shape import CustomerClass
from simulators.meter import SimulatedMeter

MakeMeter = Callable[..., SimulatedMeter]
ADDRESS = "000000000042"
SUNNY = datetime.fromisoformat("2026-03-20T12:37:33+08:00")

# fmt: off
TOLD = [
    "00000000", "0000FF00", "00010000", "00010300", "0001FF00", "0002FF00", "00030000", "00040000", "00050000",
    "0005FF00", "00080200",
    "00060000", "00090000", "000A0000", "00010002", "02010100", "0201FF00", "0202FF00", "0203FF00", "0204FF00",
    "0205FF00", "02060000", "0206FF00", "0207FF00", "02800001", "02800002", "02800007", "02800008", "05060101",
    "05060201", "05060301", "05060501", "05060801", "05061001", "05060105", "05040101", "05040209",
]
# fmt: on


@pytest.fixture(params=[1, 3], ids=["single phase", "three phases"])
def sunny_line(request: Any, make_bus: Callable[..., Any], make_meter: MakeMeter) -> Any:
    bus = make_bus(make_meter(phases=request.param, customer_class=CustomerClass.PROSUMER))
    bus.now = SUNNY
    return bus


def numbers(values: tuple[Value, ...]) -> dict[str, Decimal]:
    """By the name without the suffix that says which freeze or settlement day it is."""
    return {
        value.name.split("_daily_")[0].split("_hourly_")[0].split("_settlement_")[0]: value.number
        for value in values
        if value.number is not None
    }


@pytest.mark.parametrize("di", TOLD)
def test_the_decoder_reads_what_the_witness_wrote(sunny_line: Any, di: str) -> None:
    reply = sunny_line.ask(read(ADDRESS, di))
    decoded = numbers(data_identifiers.decode(di, reply.data[4:]))
    (seen,) = sunny_line.lines()
    assert decoded
    assert {name: str(number) for name, number in decoded.items()} == seen["registers"]


@pytest.mark.parametrize("load_class", range(7))
def test_the_decoder_reads_every_load_record(sunny_line: Any, load_class: int) -> None:
    di = f"06{load_class:02d}0002"
    decoded = load_records.decode_records(di, sunny_line.fetch(read_load_record(ADDRESS, di, 7)))
    assert decoded.problem is None
    assert [record.time.text for record in decoded.records][::6] == ["2026-03-20 11:00", "2026-03-20 12:30"]
    told = [entry["registers"] for entry in sunny_line.lines() if entry["kind"] == "record"][:7]
    found = [{k: str(v) for k, v in numbers(record.values).items() if "demand" not in k} for record in decoded.records]
    assert found == told


@pytest.mark.parametrize("di", ["0506FF01", "0504FF01", "0101FF00", "0400010C", "04000503", "0400040D"])
def test_the_decoder_finds_nothing_wrong_in_the_rest(sunny_line: Any, di: str) -> None:
    values = data_identifiers.decode(di, sunny_line.fetch(read(ADDRESS, di)))
    assert values
    assert {value.problem for value in values} <= {None, "not present", "no time recorded"}
