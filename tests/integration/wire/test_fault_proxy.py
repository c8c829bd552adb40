"""Through `headend faultproxy`: no wrong value is ever believed, and on a clean script nothing is changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from headend.bootstrap.device import Device, open_device
from headend.domain.errors import FieldError
from simulators import FleetPlan, build_fleet
from tests.fakes.processes import HEADEND, headend_json, running

BAD_LINE = """
- {fault: flip, share: 0.2, count: 1}
- {fault: swap, share: 0.05, direction: down}
- {fault: drop, share: 0.05}
- {fault: insert, share: 0.05, count: 3}
- {fault: duplicate, share: 0.05, seconds: 0.05}
- {fault: truncate, share: 0.03}
- {fault: delay, share: 0.1, seconds: 0.4}
- {fault: hold, share: 0.05, direction: up}
- {fault: echo, share: 0.1, direction: down}
- {fault: babble, share: 0.05, seconds: 0.1, count: 2}
- {fault: reset, share: 0.01}
"""
READS = 9


@pytest.fixture(scope="module")
def meters() -> Iterator[str]:
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", "3"]
    with running(command, "listening on") as (_, line):
        yield line.split()[-1]


def proxied(meters: str, script: Path, log: Path) -> list[str]:
    ends = ["--listen", "tcp://127.0.0.1:0", "--to", meters, "--script", str(script), "--log", str(log), "--seed", "11"]
    return [HEADEND, "faultproxy", *ends]


def test_a_clean_script_changes_nothing(meters: str, tmp_path: Path) -> None:
    (tmp_path / "clean.yaml").write_text("[]")
    with running(proxied(meters, tmp_path / "clean.yaml", tmp_path / "log"), "listening on") as (_, line):
        answers = headend_json("read", f"dlt645+{line.split()[-1]}/2", "active_energy_import", "0201FF00")
    assert [a["error"] for a in answers[:1]] == [None]
    assert (tmp_path / "log").read_text() == ""


def test_no_wrong_value_is_believed_on_a_bad_line(meters: str, tmp_path: Path) -> None:
    """Flips of one bit: of two, a sum of bytes must let some through, and only a second read can tell (P03)."""
    (tmp_path / "bad.yaml").write_text(BAD_LINE)
    with running(proxied(meters, tmp_path / "bad.yaml", tmp_path / "log"), "listening on") as (_, line):
        device = open_device(f"dlt645+{line.split()[-1]}/2", ["active_energy_import"])
        told = [asyncio.run(read_once(device)) for _ in range(READS)]
    values = [value for value in told if value is not None]
    (_, meter, _) = build_fleet(FleetPlan(3))
    now = datetime.now(UTC)
    lowest = meter.energy(now - timedelta(minutes=5)).register("active_energy_import")
    highest = meter.energy(now + timedelta(seconds=5)).register("active_energy_import")
    assert all(lowest <= value <= highest for value in values), values
    assert len(values) > READS // 2, "most of them, by asking again, though two of three exchanges are damaged"
    faults = {fault for text in (tmp_path / "log").read_text().splitlines() for fault in json.loads(text)["faults"]}
    assert len(faults) >= 6


async def read_once(device: Device) -> Decimal | None:
    try:
        answer = await device.read(["active_energy_import"], 15.0)
    except FieldError:  # the line was reset
        return None
    return answer.results[0].value
