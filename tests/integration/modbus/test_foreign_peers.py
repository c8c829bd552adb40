"""pymodbus, which is not ours, on the other side of the wire: as the meter, and as the master of our meters."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from tests.fakes.processes import HEADEND, free_port, headend_json, run_headend, running
from tests.fakes.pty_pair import pty_pair
from tests.integration.modbus.foreign_server import VALUES

ENERGIES = {"active_energy_import": "9123.51", "active_energy_export": "0.12", "reactive_energy_combined1": "700"}
SERVER = [sys.executable, "-m", "tests.integration.modbus.foreign_server"]
PROFILE = "profile=eastron-sdm630"
ITEMS = {
    "voltage_l1": "230.2",
    "active_energy_import": "12345.67",
    "1-0:52.7.0": "229.9",
    "active_energy_export": "0.05",
    "current_l1": "4.321",
    "active_power_l1": "0.9876",
    "active_power": "-1.2345",
    "power_factor_l1": "0.987",
    "1-0:13.7.0": "-0.5",
    "frequency": "49.98",
    "reactive_energy_combined1": "99999.99",
    "reactive_energy_combined2": "131071.99",
}


@pytest.fixture(scope="module")
def tcp() -> Iterator[str]:
    port = free_port()
    with running([*SERVER, "tcp", str(port)], "ready"):
        yield f"modbus+tcp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def serial() -> Iterator[str]:
    with pty_pair() as (near, far), running([*SERVER, "serial", far], "ready"):
        yield f"modbus+serial://{near}"


@pytest.mark.parametrize("unit", [1, 2])
def test_headend_reads_exact_values_from_a_foreign_meter_over_tcp(tcp: str, unit: int) -> None:
    answers = headend_json("read", f"{tcp}/{unit}?{PROFILE}", *ITEMS)
    assert [(a["item"], a["value"]) for a in answers] == list(ITEMS.items())
    assert all(a["error"] is None and a["quality"] == ["time_from_headend"] for a in answers)


def test_headend_reads_exact_values_from_a_foreign_meter_over_rtu(serial: str) -> None:
    answers = headend_json("read", f"{serial}/1?{PROFILE}&baudrate=9600&parity=N", *ITEMS)
    assert [(a["item"], a["value"]) for a in answers] == list(ITEMS.items())


def test_headend_reads_exact_values_from_a_foreign_meter_over_rtu_through_a_gateway() -> None:
    port = free_port()
    with running([*SERVER, "rtu-tcp", str(port)], "ready"):
        url = f"modbus+tcp://127.0.0.1:{port}/1?{PROFILE}&framing=rtu"
        answers = headend_json("read", url, *ITEMS)
        silent = headend_json("read", f"modbus+tcp://127.0.0.1:{port}/1?{PROFILE}", "voltage_l1", "--timeout", "2")
    assert [(a["item"], a["value"]) for a in answers] == list(ITEMS.items())
    assert silent[0]["error"].startswith("no_answer"), "the other framing must not find anything to believe"


def test_the_expected_values_are_those_that_the_server_was_given() -> None:
    given = {Decimal(str(value)) for value in VALUES.values()}
    in_watts = {Decimal(v) * (1000 if "active_power" in item else 1) for item, v in ITEMS.items()}
    assert in_watts <= given


def test_a_register_that_it_does_not_have_is_refused_by_name(tcp: str) -> None:
    done = run_headend("read", f"{tcp}/2?{PROFILE}", "apparent_power", "voltage_l1", "--json")
    refused, read = json.loads(done.stdout)
    assert done.returncode == 3
    assert read["value"] == "230.2"
    assert refused["error"] == "refused: exception 02: illegal data address (function 4, 2 registers from 56)"


def test_energies_whose_exponents_are_beyond_words_that_it_refuses_are_read(tcp: str) -> None:
    answers = headend_json("read", f"{tcp}/3?profile=finder-7m-38", *ENERGIES)
    assert {answer["item"]: answer["value"] for answer in answers} == ENERGIES


def test_a_unit_that_it_does_not_have_is_no_reading(tcp: str) -> None:
    done = run_headend("read", f"{tcp}/9?{PROFILE}", "voltage_l1", "--json")
    assert done.returncode in (4, 5)
    assert json.loads(done.stdout)[0]["value"] is None


@pytest.mark.parametrize("line", ["tcp", "pty"])
def test_a_foreign_master_reads_our_meters_as_the_witness_says(line: str, tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    listen = "tcp://127.0.0.1:0" if line == "tcp" else "pty:"
    command = [HEADEND, "simulate", "--protocol", "modbus", "--listen", listen, "--meters", "3"]
    with running([*command, "--witness", str(witness)], "listening on") as (_, announced):
        found = asyncio.run(read_as_pymodbus(announced.rsplit(" ", 1)[1]))
    told = [json.loads(text) for text in witness.read_text().splitlines()]
    assert [line["meter"] for line in told] == ["000000000001", "000000000002", "000000000003"]
    for value, written in zip(found, told, strict=True):
        assert abs(Decimal(value) - Decimal(written["registers"]["active_energy_import"])) < Decimal("0.005")


async def read_as_pymodbus(address: str) -> list[float]:
    """`active_energy_import` of units 1 to 3 by pymodbus's own reading of the floats."""
    client: AsyncModbusTcpClient | AsyncModbusSerialClient
    if address.startswith("tcp://"):
        client = AsyncModbusTcpClient("127.0.0.1", port=int(address.rsplit(":", 1)[1]), timeout=2, retries=0)
    else:
        client = AsyncModbusSerialClient(address.removeprefix("serial://"), baudrate=2400, parity="N", timeout=2)
    assert await client.connect()
    try:
        replies = [await client.read_input_registers(72, count=2, device_id=unit) for unit in (1, 2, 3)]
        found = [client.convert_from_registers(r.registers, client.DATATYPE.FLOAT32) for r in replies]
    finally:
        client.close()
    return [float(value) for value in found if isinstance(value, float)]


def test_a_foreign_master_is_refused_by_exception() -> None:
    command = [HEADEND, "simulate", "--protocol", "modbus", "--listen", "tcp://127.0.0.1:0"]
    with running(command, "listening on") as (_, announced):
        code = asyncio.run(exception_code(int(announced.rsplit(":", 1)[1])))
    assert code == 2


async def exception_code(port: int) -> int:
    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=2, retries=0)
    assert await client.connect()
    try:
        return int((await client.read_input_registers(1000, count=2, device_id=1)).exception_code)
    finally:
        client.close()


def test_more_meters_than_units_give_one_clear_line() -> None:
    done = run_headend("simulate", "--protocol", "modbus", "--listen", "tcp://127.0.0.1:0", "--meters", "248")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "at most 247 units" in done.stderr
