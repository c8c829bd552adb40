"""`headend simulate` dials `headend read`: two programs, one wire, the same values."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, free_port, run_headend, running


@pytest.mark.parametrize(("scheme", "dialling"), [("gdw1376", "dial"), ("gdw1376+udp", "dial+udp")])
def test_a_meter_behind_a_simulated_terminal_tells_what_its_witness_saw(
    scheme: str, dialling: str, tmp_path: Path
) -> None:
    port, witness = free_port(), tmp_path / "witness.jsonl"
    to = f"{dialling}://127.0.0.1:{port}/4403-00256?heartbeat_s=1"
    command = [HEADEND, "simulate", "--protocol", "gdw1376", "--listen", to, "--meters", "2"]
    with running([*command, "--witness", str(witness)], "dialling"):
        device = f"dlt645+{scheme}://127.0.0.1:{port}/4403-00256/2?port=2"
        done = run_headend("read", device, "0001FF00", "--json", "--timeout", "20")
        assert done.returncode == 0, done.stderr
        own = run_headend("read", f"{scheme}://127.0.0.1:{port}/4403-00256/2", "1-0:1.8.0", "--json", "--timeout", "20")
        assert own.returncode == 0, own.stderr
        time.sleep(1.2)  # the witness is flushed every second
    entries = [json.loads(line) for line in witness.read_text().splitlines()]
    true = next(e["registers"] for e in entries if e.get("protocol") == "dlt645" and e["registers"])
    told = {part["name"]: part["value"] for part in json.loads(done.stdout)[0]["fields"]}
    assert told == true
    kept = next(e["registers"] for e in entries if e.get("protocol") == "gdw1376" and e["registers"])
    assert Decimal(json.loads(own.stdout)[0]["value"]) == Decimal(kept["active_energy_import"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("dlt645+gdw1376://0.0.0.0:7700/4403-00256/1", "add port=2"),
        ("gdw1376://0.0.0.0:7700/4403-00256/1?port=2", "leave port out"),
        ("gdw1376://0.0.0.0:7700/4403/1", "like 4403-00256"),
        ("gdw1376://0.0.0.0:7700/4403-00256/9999", "no measuring point"),
        ("dlt645+gdw1376://0.0.0.0:7700/4403-00256/1?port=2&speed=9", "unknown option 'speed'"),
        ("mqtt+gdw1376://0.0.0.0:7700/4403-00256/1?port=2", "does not travel"),
        ("gdw1376+tcp://0.0.0.0:7700/1", "does not travel"),
    ],
)
def test_a_wrong_url_is_one_clear_line(url: str, words: str) -> None:
    done = run_headend("read", url, "active_energy_import")
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_terminal_that_does_not_dial_is_no_answer() -> None:
    url = f"dlt645+gdw1376://127.0.0.1:{free_port()}/4403-00256/1?port=2"
    done = run_headend("read", url, "active_energy_import", "--timeout", "1")
    assert done.returncode == 4
    assert "4403-00256 has not logged in" in done.stderr
