"""`headend ways`, `headend readings import` and `enter`: the same with a server as without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, running
from tests.integration.site.test_gap_commands import said_by
from tests.integration.site.test_site_commands import HEADER, row

WAY = ("--rank", "2", "--protocol", "dlt645", "--profile", "dlt645-2007", "--address", "1")
ENTRY = ("--value", "5121", "--reader", "Wang", "--reason", "line cut")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.yaml"
    assert said_by(file, "init")[0] == 0
    meters = tmp_path / "meters.csv"
    meters.write_text(f"{HEADER}\n{row(1)}\n", encoding="utf-8")
    assert said_by(file, "meters", "import", str(meters))[0] == 0
    return file


def done_in_turn(site: Path) -> None:
    """A way comes, is refused a second time, and ends; a file comes in once; one register by hand."""
    assert said_by(site, "ways", "add", "1", *WAY, "--line", "tcp://127.0.0.1:9902")[0] == 0
    code, words = said_by(site, "ways", "add", "1", *WAY, "--line", "tcp://127.0.0.1:9903")
    assert code != 0
    assert "rank 2" in words
    assert "untried" in said_by(site, "ways", "show", "1")[1]
    assert said_by(site, "ways", "end", "1")[0] == 0
    file = site.parent / "walk.csv"
    serial = row(1).split(",")[3]
    file.write_text(
        f"serial_number,reading_type,value,read_at,reader\n{serial},1-0:1.8.0,5120.44,2026-11-23T09:30,Wang\n",
        encoding="utf-8",
    )
    code, words = said_by(site, "readings", "import", str(file))
    assert (code, "import 1: 1 readings" in words) == (0, True), words
    code, words = said_by(site, "readings", "import", str(file))
    assert code != 0
    assert "import 1: walk.csv" in words
    code, words = said_by(site, "readings", "enter", "1", "--at", "2026-11-23T10:30", *ENTRY)
    assert code == 0, words
    assert said_by(site, "readings", "enter", "1", "--at", "2999-01-01", *ENTRY)[0] != 0


def test_without_a_server(site: Path) -> None:
    done_in_turn(site)


def test_with_a_server(site: Path) -> None:
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on"):
        done_in_turn(site)
