"""`headend demo --once`: every meter of three protocols read, billed to the digit, exported twice alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, run_headend

AUDIT = Path(__file__).parents[2] / "audit_billing.py"


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    data = tmp_path_factory.mktemp("demo") / "data"
    done = run_headend("demo", "--meters", "60", "--once", "--data", str(data), "--json", timeout=110)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]  # JSON


def audit(witness: str, export: Path) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-I", str(AUDIT), witness, str(export)], capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout)


def test_every_meter_is_read_and_every_register_billed(summary: dict[str, str]) -> None:
    assert (summary["meters"], summary["read"], summary["refused"]) == (60, 60, 0)
    assert {path.name.split("-")[0] for path in Path(summary["witness"]).iterdir()} == {"dlt645", "modbus", "mqtt"}


def test_the_export_agrees_with_the_simulators_own_registers(summary: dict[str, str]) -> None:
    code, verdict = audit(summary["witness"], Path(summary["export"]))
    assert code == 0, verdict
    assert verdict["meters"] == 60
    assert verdict["total_billed_kwh"] == verdict["total_witnessed_kwh"] != "0"


def test_one_changed_digit_or_one_missing_meter_fails_the_audit(summary: dict[str, str], tmp_path: Path) -> None:
    text = Path(summary["export"]).read_text()
    rows = text.splitlines(keepends=True)
    cells = rows[1].split(",")
    changed, shorter = tmp_path / "changed.csv", tmp_path / "shorter.csv"
    changed.write_text(text.replace(cells[13], str(float(cells[13]) + 0.01), 1))
    shorter.write_text("".join(row for row in rows if cells[5] not in row))
    for forged in (changed, shorter):
        code, verdict = audit(summary["witness"], forged)
        assert code == 1 and verdict["differences"]


def test_a_second_export_has_the_same_bytes(summary: dict[str, str]) -> None:
    command = [HEADEND, "billing", "export", str(summary["batch"]), "--format", "csv", "--site", summary["site"]]
    again = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)]
    assert again[0] == again[1] == Path(summary["export"]).read_bytes()


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = run_headend("demo", "--once", "--data", str(tmp_path))
    assert done.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
