"""`headend read dlt698+...` against simulated meters over TCP and a serial line, judged by their witness."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.processes import HEADEND, headend_json, run_headend, running
from tests.fakes.pty_pair import pty_pair

SIMULATE = [HEADEND, "simulate", "--protocol", "dlt698", "--meters", "5"]
ITEMS = ("clock", "00100200", "00200200", "1-0:5.8.0", "20000200", "20010200", "20040200", "power_factor", "frequency")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    witness = tmp_path_factory.mktemp("line") / "witness.jsonl"
    with running([*SIMULATE, "--listen", "tcp://127.0.0.1:0", "--witness", str(witness)], "listening on") as (_, said):
        yield said.split()[-1], witness


def truths(witness: Path, meter: str) -> dict[str, set[Decimal]]:
    """Everything that this meter ever showed, by register."""
    time.sleep(1.2)  # the witness is flushed every second
    shown: dict[str, set[Decimal]] = {}
    for text in witness.read_text(encoding="ascii").splitlines():
        entry: dict[str, Any] = json.loads(text)
        for name, value in (entry.get("registers") or {}).items() if entry["meter"] == meter else ():
            shown.setdefault(name, set()).add(Decimal(value))
    return shown


def values(answers: list[dict[str, Any]]) -> dict[str, Decimal]:
    told: dict[str, Decimal] = {}
    for answer in answers:
        fields = answer.get("fields") or [{"name": answer["reading_type"], "value": answer["value"]}]
        told |= {field["name"]: Decimal(field["value"]) for field in fields}
    return told


def check(url: str, witness: Path, meter: str) -> None:
    answers = headend_json("read", url, *ITEMS)
    assert [(answer["item"], answer["error"]) for answer in answers] == [(item, None) for item in ITEMS]
    told, true = values(answers), truths(witness, meter)
    assert abs(told.pop("clock_offset")) <= 5
    assert len(told) >= 16
    assert {name: value in true[name] for name, value in told.items()} == dict.fromkeys(told, True)
    assert Decimal("0.01") + told["active_energy_import"] not in true["active_energy_import"]


def test_a_meter_over_tcp_is_read_exactly(line: tuple[str, Path]) -> None:
    check(f"dlt698+{line[0]}/3", line[1], "000000000003")


def test_a_meter_on_a_serial_line_is_read_exactly(tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    with pty_pair() as (near, far):
        listen = ["--listen", f"serial://{far}?baudrate=9600", "--witness", str(witness)]
        with running([*SIMULATE, *listen], "listening on"):
            check(f"dlt698+serial://{near}/2?baudrate=9600", witness, "000000000002")


def test_a_meter_behind_a_pseudo_terminal_is_read() -> None:
    with running([*SIMULATE, "--listen", "pty:"], "listening on") as (_, said):
        answers = headend_json("read", f"dlt698+{said.split()[-1]}/1", "active_energy_import", "voltage_l1")
    assert [answer["error"] for answer in answers] == [None, None]


def test_refusal_silence_and_a_wrong_address_are_told_apart(line: tuple[str, Path]) -> None:
    refused = run_headend("read", f"dlt698+{line[0]}/1", "20140200", "--json")
    assert (refused.returncode, "refused: object undefined" in refused.stdout) == (5, True)
    silent = run_headend("read", f"dlt698+{line[0]}/99", "frequency", "--timeout", "1.5", "--json")
    assert (silent.returncode, "no_answer" in silent.stdout) == (4, True)
    wrong = run_headend("read", f"dlt698+{line[0]}/9x", "frequency")
    assert (wrong.returncode, "no meter address" in wrong.stderr) == (2, True)


def test_a_foreign_protocol_on_the_line_is_silence(line: tuple[str, Path]) -> None:
    done = run_headend("read", f"dlt645+{line[0]}/1", "active_energy_import", "--timeout", "1.5", "--json")
    assert (done.returncode, "no_answer" in done.stdout) == (4, True)


def test_the_only_meter_on_a_line_says_who_it_is() -> None:
    command = [HEADEND, "simulate", "--protocol", "dlt698", "--listen", "tcp://127.0.0.1:0", "--first-address", "4711"]
    with running(command, "listening on") as (_, said):
        answers = headend_json("read", f"dlt698+{said.split()[-1]}/AAAAAAAAAAAA", "address", "frequency")
    assert answers[0]["value"] == "000000004711"
    assert answers[1]["error"] is None
