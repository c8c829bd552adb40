"""SunSpec meters over a real line: found in the device, read exactly as the witness says, named by their nameplate."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, headend_json, run_headend, running

ITEMS = ("active_energy_import", "active_energy_export", "frequency", "power_factor", "serial_number", "manufacturer")


@pytest.mark.parametrize("protocol", ["sunspec", "sunspec-float"])
@pytest.mark.parametrize("listen", ["tcp://127.0.0.1:0", "pty:"])
def test_a_meter_is_found_and_read_exactly(protocol: str, listen: str, tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    command = [HEADEND, "simulate", "--protocol", protocol, "--listen", listen, "--meters", "3"]
    with running([*command, "--witness", str(witness)], "listening on") as (_, announced):
        url = f"modbus+{announced.rsplit(' ', 1)[1]}"
        answers = headend_json("read", f"{url}/3?profile=sunspec", *ITEMS)
    told = [json.loads(line) for line in witness.read_text().splitlines()]
    true = next(line["registers"] for line in reversed(told) if line.get("registers"))
    assert [answer["error"] for answer in answers] == [None] * len(ITEMS)
    for answer in answers[:2]:
        assert Decimal(answer["value"]) == Decimal(true[answer["item"]])
    assert 49 < Decimal(answers[2]["value"]) < 51
    assert 0 < abs(Decimal(answers[3]["value"])) <= 1
    assert [answer["value"] for answer in answers[4:]] == ["000000000003", "Headend"]


def test_a_device_that_speaks_no_sunspec_is_told_so() -> None:
    command = [HEADEND, "simulate", "--protocol", "modbus", "--listen", "tcp://127.0.0.1:0"]
    with running(command, "listening on") as (_, announced):
        url = f"modbus+{announced.rsplit(' ', 1)[1]}"
        done = run_headend("read", f"{url}/1?profile=sunspec", "frequency", "--json")
    assert json.loads(done.stdout)[0]["error"] == "not_supported: no SunSpec mark at 40000, 50000, 0"
