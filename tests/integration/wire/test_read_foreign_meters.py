"""`headend read` against a DL/T 645 server that is not ours: exact values over TCP and over a serial line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.fakes.processes import free_port, headend_json, run_headend, running
from tests.fakes.pty_pair import pty_pair
from tests.integration.wire.foreign_meter import VALUES_00, VALUES_02

ADDRESS = "123456789012"
SERVER = [sys.executable, "-m", "tests.integration.wire.foreign_meter"]
ITEMS = {
    "active_energy_import": "12345.67",
    "1-0:1.8.1": "1234.56",
    "active_energy_export": "0.05",
    "voltage_l1": "230.1",
    "1-0:52.7.0": "229.9",
    "current_l1": "4.321",
    "active_power": "1.2345",
    "active_power_l1": "-0.5000",
    "power_factor": "0.987",
    "frequency": "49.98",
}


@pytest.fixture(scope="module")
def tcp_meter() -> Iterator[str]:
    port = free_port()
    with running([*SERVER, "tcp", str(port), ADDRESS], "ready"):
        yield f"dlt645+tcp://127.0.0.1:{port}/{ADDRESS}"


@pytest.fixture(scope="module")
def serial_meter() -> Iterator[str]:
    with pty_pair() as (near, far), running([*SERVER, "serial", far, ADDRESS], "ready"):
        yield f"dlt645+serial://{near}/{ADDRESS}?baudrate=9600&parity=N"


@pytest.mark.parametrize("line", ["tcp_meter", "serial_meter"])
def test_values_are_exact_and_in_the_order_asked(line: str, request: pytest.FixtureRequest) -> None:
    answers = headend_json("read", request.getfixturevalue(line), *ITEMS)
    assert [(a["item"], a["value"]) for a in answers] == list(ITEMS.items())
    assert all(a["error"] is None and a["received_at"] for a in answers)


def test_the_expected_values_are_those_that_the_server_was_given() -> None:
    given = {Decimal(str(value)) for value in (*VALUES_00.values(), *VALUES_02.values())}
    assert {Decimal(value) for value in ITEMS.values()} == given


def test_a_block_that_it_does_not_know_is_refused_with_exit_5(tcp_meter: str) -> None:
    done = run_headend("read", tcp_meter, "0001FF00", "--json")
    assert done.returncode == 5
    assert "no requested data" in json.loads(done.stdout)[0]["error"]


def test_some_answers_are_exit_3(tcp_meter: str) -> None:
    done = run_headend("read", tcp_meter, "0001FF00", "active_energy_import", "--json")
    assert done.returncode == 3
    assert [a["value"] for a in json.loads(done.stdout)] == [None, "12345.67"]
