"""The contract of `headend read` and `headend simulate`: exit codes, JSON, one clear line for every trouble."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, free_port, headend_json, run_headend, running
from tests.fakes.pty_pair import pty_pair


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    witness = tmp_path_factory.mktemp("bus") / "witness.jsonl"
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", "5"]
    with running([*command, "--witness", str(witness)], "listening on") as (_, line):
        yield line.split()[-1], witness


def test_a_simulated_bus_answers_with_its_own_registers(bus: tuple[str, Path]) -> None:
    url, witness = bus
    answers = headend_json("read", f"dlt645+{url}/3", "0001FF00", "0201FF00", "04000101")
    told = {field["name"]: field["value"] for field in answers[0]["fields"]}
    time.sleep(1.2)  # the witness is flushed every second
    frames = [json.loads(line) for line in witness.read_text().splitlines()]
    truth = next(f["registers"] for f in frames if f["meter"] == "000000000003" and f["registers"])
    assert told == truth
    assert answers[2]["value"] and answers[2]["value"].count("-") == 2


def test_a_foreign_address_is_silence_with_exit_4(bus: tuple[str, Path]) -> None:
    begin = time.monotonic()
    done = run_headend("read", f"dlt645+{bus[0]}/99", "active_energy_import", "--timeout", "1.5", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)[0]["error"].startswith("no_answer")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["dlt645+tcp://127.0.0.1:1/1", "active_energy_import"], 4, "Connect call failed"),
        (["dlt645+tcp://127.0.0.1/1", "active_energy_import"], 2, "host:port"),
        (["dlt645+tcp://h:1/1", "energie"], 2, "no reading type"),
        (["dlt645+tcp://h:1/1?profile=nokia", "voltage_l1"], 2, "known: dlt645-2007"),
        (["dlt645+serial:///dev/none/1", "voltage_l1"], 4, "No such file"),
        (["dlt645+serial:///dev/none/1?baudrate=1234", "voltage_l1"], 2, "1234"),
        (["ftp://h:1/1", "voltage_l1"], 2, "in front of"),
    ],
)
def test_trouble_is_one_clear_line(arguments: list[str], code: int, words: str) -> None:
    done = run_headend("read", *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        done = run_headend("simulate", "--protocol", "dlt645", "--listen", url)
    assert done.returncode == 1
    assert "in use" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_simulator_ends_in_order_on_a_signal(name: signal.Signals) -> None:
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", f"tcp://127.0.0.1:{free_port()}"]
    with running(command, "listening on") as (process, _):
        process.send_signal(name)
        assert process.wait(5) == 0


def test_the_only_meter_on_a_line_says_who_it_is() -> None:
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--first-address", "4711"]
    with running(command, "listening on") as (_, line):
        answers = headend_json("read", f"dlt645+{line.split()[-1]}/AAAAAAAAAAAA", "address", "active_energy_import")
    assert answers[0]["value"] == "000000004711"
    assert answers[1]["error"] is None


def test_a_serial_bus_at_2400_baud_even_parity_answers() -> None:
    """A pty has no parity and no pace; settings, wire-time limits and the way through the serial stack are real."""
    with pty_pair() as (near, far):
        command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", f"serial://{far}", "--meters", "2"]
        with running(command, "listening on"):
            answers = headend_json("read", f"dlt645+serial://{near}/2", "active_energy_import", "voltage_l1")
    assert [a["error"] for a in answers] == [None, None]


def test_all_meters_of_a_bus_are_discovered() -> None:
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", "4"]
    with running(command, "listening on") as (_, line):
        found = headend_json("discover", line.split()[-1], "--timeout", "0.05")
    assert found["addresses"] == [f"{number:012d}" for number in range(1, 5)]
    assert found["unparted"] == []


def test_nobody_on_a_line_is_exit_4() -> None:
    assert run_headend("discover", "tcp://127.0.0.1:1").returncode == 4
