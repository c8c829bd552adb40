"""`headend gaps` and `headend readings export`: the same with a server as without, and a file with empty cells."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from headend.cli import app
from tests.fakes.processes import HEADEND, running
from tests.integration.site.test_site_commands import HEADER, row

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = TODAY - timedelta(days=1)


def said_by(site: Path, *command: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*command, "--site", str(site)])
    return done.exit_code, done.output


def exported(site: Path) -> list[dict[str, str]]:
    out = site.parent / "day.csv"
    span = ("--since", YESTERDAY.date().isoformat(), "--until", TODAY.date().isoformat())
    assert said_by(site, "readings", "export", *span, "--out", str(out))[0] == 0
    return list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))


def told(site: Path) -> list[object]:
    """What the commands say of yesterday: no tries, no instants of now."""
    rows = exported(site)
    span = ("--since", YESTERDAY.isoformat(), "--until", TODAY.isoformat())
    why = json.loads(said_by(site, "gaps", "why", "1", *span, "--json")[1])
    ledger = site.parent / "gaps.parquet"
    assert said_by(site, "gaps", "export", "--format", "parquet", "--out", str(ledger))[0] == 0
    listed = json.loads(said_by(site, "gaps", "list", "--meter", "1", "--json")[1])
    return [
        len(rows),
        {row["value"] for row in rows},
        sum(gap["slots"] for gap in why),
        bool(listed),
        ledger.read_bytes()[:4],
        said_by(site, "gaps", "why", "99", *span)[0],
        said_by(site, "gaps", "why", "1", "--since", "tomorrow")[0],
    ]


def test_the_commands_say_the_same_with_a_server_as_without(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    assert said_by(site, "init")[0] == 0
    file = site.parent / "meters.csv"
    file.write_text(f"{HEADER}\n{row(1)}\n{row(2)}\n", encoding="utf-8")
    assert said_by(site, "meters", "import", str(file))[0] == 0
    alone = told(site)
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on"):
        served = told(site)
    assert alone == served
    assert alone == [192, {""}, 96, True, b"PAR1", 1, 1]
