"""Parking, grid and figures from the command line: the same with a server as without, and a parked meter unasked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from headend.cli import app
from tests.fakes.processes import HEADEND, running
from tests.integration.site.test_site_commands import HEADER, row

YESTERDAY = (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)).date().isoformat()
GRID = """\
kind,name,parent_kind,parent,phase,valid_from
transformer,T1,,F1,,2026-01-01
feeder,F1,,North,,2026-01-01
substation,North,,,,2026-01-01
usage_point,UP-1,transformer,T1,A,2026-01-01
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    assert said_by(path, "init")[0] == 0
    return path


@pytest.fixture
def witnessed(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A bus of two meters, and the file in which it says who was asked."""
    log = tmp_path / "witness.jsonl"
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", "2"]
    with running([*command, "--witness", str(log)], "listening on") as (_, line):
        yield line.split()[-1], log


def said_by(site: Path, *command: str) -> tuple[int, str]:
    """What a command of this process says; to start a new one for each takes a second."""
    done = CliRunner().invoke(app, [*command, "--site", str(site), "--json"])
    return done.exit_code, done.output


def commanded(site: Path) -> list[object]:
    """What every command says, without its instants."""
    grid = site.parent / "grid.csv"
    grid.write_text(GRID, encoding="utf-8")
    changed = said_by(site, "topology", "import", str(grid))
    parked = json.loads(said_by(site, "meters", "park", "1", "--reason", "under_repair", "--note", "x")[1])
    back = json.loads(said_by(site, "meters", "unpark", "1")[1])
    return [
        json.loads(changed[1])["changed"],
        (parked["meter"], parked["reason"], parked["note"], parked["ended"]),
        back["ended"] is not None,
        said_by(site, "meters", "unpark", "1"),
        said_by(site, "kpi", "compute", "--day", YESTERDAY),
        said_by(site, "kpi", "compute", "--day", YESTERDAY, "--again", "coverage"),
        said_by(site, "kpi", "show", "--day", YESTERDAY),
        said_by(site, "kpi", "compute", "--day", "tomorrow"),
    ]


def test_every_command_says_the_same_with_a_server_as_without(tmp_path: Path) -> None:
    said = []
    for name in ("alone", "served"):
        site = tmp_path / name / "site.yaml"
        assert said_by(site, "init")[0] == 0
        file = site.parent / "meters.csv"
        file.write_text(f"{HEADER}\n{row(1)}\n{row(2)}\n", encoding="utf-8")
        assert said_by(site, "meters", "import", str(file))[0] == 0
        if name == "alone":
            said.append(commanded(site))
            continue
        with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on"):
            said.append(commanded(site))
    assert said[0] == said[1]
    assert said[0][0] == 4 and str(said[0][4]).count("version") == 5
    assert str(said[0][3]).startswith("(1,") and str(said[0][7]).startswith("(1,")


def test_a_parked_meter_is_not_asked_on_the_wire_and_its_neighbour_is(site: Path, witnessed: tuple[str, Path]) -> None:
    url, log = witnessed
    file = site.parent / "meters.csv"
    file.write_text(f"{HEADER}\n{row(1, url)}\n{row(2, url)}\n", encoding="utf-8")
    assert said_by(site, "meters", "import", str(file))[0] == 0
    assert said_by(site, "meters", "park", "1", "--reason", "under_repair")[0] == 0
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on"):
        asked = _wait_for(log, "2")
    assert "1" not in asked
    assert said_by(site, "meters", "unpark", "1")[0] == 0
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on"):
        _wait_for(log, "1")


def _wait_for(log: Path, number: str) -> set[str]:
    """The numbers of all meters that were asked, once this one was."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        asked = {str(int(meter)) for line in lines if (meter := json.loads(line)["meter"])}
        if number in asked:
            return asked
        time.sleep(0.1)
    raise AssertionError(f"meter {number} was never asked")
