"""`headend check-config --profile`: one profile is looked over, without a site and without a meter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headend import shipped
from tests.fakes.processes import headend_json, run_headend

PROFILES = shipped.config_root() / "profiles"
FINDER = PROFILES / "modbus" / "finder-7m-38.yaml"


def test_a_right_profile_is_a_table_that_lines_up() -> None:
    done = run_headend("check-config", "--profile", str(FINDER))
    head, *rows, said = done.stdout.splitlines()
    assert (done.returncode, len(rows)) == (0, 28)
    at = {column: head.rindex(column) for column in ("address", "type  ", "unit", "kept_in", "needs")}
    energy = rows[0]
    told = [energy[place:].split("  ")[0].strip() for place in at.values()]
    assert told == ["406", "i32", "Wh", "kWh", "exponent at 401"]
    assert said.endswith("28 registers, read by function 4 at 401+13, 2498+8, 2516+6, 2530+32, 2658+2")


def test_the_same_as_json() -> None:
    told = headend_json("check-config", "--profile", str(FINDER))
    assert (told["protocol"], told["function"], told["requests"][0]) == ("modbus", 4, {"address": 401, "count": 13})
    assert told["registers"][0]["reading_type"] == "active_energy_import"
    mqtt = headend_json("check-config", "--profile", str(PROFILES / "mqtt" / "tasmota.yaml"))
    assert mqtt["protocol"] == "mqtt" and mqtt["values"][0]["path"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("address: 2502", "address: 2501", "voltage_l2 at 2501 to 2502 shares words with voltage_l1 at 2500 to 2501"),
        ("name: finder-7m-38", "name: finder", "name: is named 'finder' (name it finder-7m-38)"),
        ("voltage_l3", "voltage_l4", "no reading type 'voltage_l4'"),
        ("unit: degC", "unit: K", "'K' is no unit (write one of A deg degC Hz s V VA VAh var varh W Wh, also"),
        ("registers:", "regs:", "has neither `registers` nor `values`"),
    ],
)
def test_a_wrong_profile_is_one_line_with_reason_and_remedy(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    file = tmp_path / FINDER.name
    file.write_text(FINDER.read_text().replace(right, wrong))
    done = run_headend("check-config", "--profile", str(file))
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"headend: {file}") and len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr


def test_python_m_headend_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "headend", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("headend ")
