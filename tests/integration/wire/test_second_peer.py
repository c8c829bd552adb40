"""The PyPI package `python-dlt645` reads our simulated meters, and is read by us, over TCP and on serial lines."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, free_port, headend_json, run_headend, running
from tests.fakes.pty_pair import pty_pair

PYTHON = Path(__file__).parents[3] / ".venv-peers" / "bin" / "python"
PEER = [str(PYTHON), str(Path(__file__).with_name("second_peer.py"))]
ADDRESS = "123456789011"


def peer_read(*where: str) -> dict[str, object]:
    """That package drops every FEH and ends at any 16H, so one read in fifteen is lost to it: it may ask again."""
    for _ in range(4):
        done = subprocess.run([*PEER, "client", *where], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode == 0:
            found = json.loads(done.stdout)
            assert isinstance(found, dict)
            return found
    raise AssertionError(done.stderr)


@pytest.mark.parametrize("listen", ["tcp://127.0.0.1:0", "pty:"])
def test_it_reads_what_the_witness_wrote(listen: str, tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", listen, "--meters", "1", "--first-address"]
    with running([*command, ADDRESS, "--witness", str(witness)], "listening on") as (_, line):
        url = line.split()[-1]
        found = peer_read(*_where(url))
        time.sleep(1.2)  # the witness is flushed every second
    assert found["address"] == ADDRESS
    assert Decimal(str(found["energy"])) in _told(witness)


def _where(url: str) -> Sequence[str]:
    if url.startswith("serial://"):
        return ("serial", url.removeprefix("serial://"))
    host, port = url.removeprefix("tcp://").rsplit(":", 1)
    return ("tcp", host, port, ADDRESS)


def _told(witness: Path) -> set[Decimal]:
    entries = [json.loads(text) for text in witness.read_text().splitlines()]
    return {Decimal(value) for entry in entries for value in (entry["registers"] or {}).values()}


def test_it_is_read_over_tcp() -> None:
    port = free_port()
    with running([*PEER, "meter", "tcp", str(port), ADDRESS], "ready"):
        (answer,) = headend_json("read", f"dlt645+tcp://127.0.0.1:{port}/{ADDRESS}", "active_energy_import")
    assert (answer["value"], answer["unit"]) == ("1234.56", "kWh")


def test_it_is_read_on_a_serial_line_and_a_stranger_is_not() -> None:
    with pty_pair() as (near, far), running([*PEER, "meter", "serial", far, ADDRESS], "ready"):
        (answer,) = headend_json("read", f"dlt645+serial://{near}/{ADDRESS}", "active_energy_import")
        stranger = run_headend("read", f"dlt645+serial://{near}/999999999998", "active_energy_import")
    assert answer["value"] == "1234.56"
    assert stranger.returncode != 0
