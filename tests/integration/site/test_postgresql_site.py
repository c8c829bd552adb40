"""A site whose state is in a PostgreSQL database: made, used, and refused with a reason where it cannot be reached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.fakes.postgresql import PostgreSql, running_postgresql
from tests.fakes.processes import run_headend

METERS = """\
usage_point,customer_class,capacity_kva,serial_number,protocol,profile,server_address,line_url,multiplier,installed_at
UP-1,residential,40,000000000001,dlt645,dlt645-2007,1,tcp://127.0.0.1:1,1,2026-01-01
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    with running_postgresql() as server:
        server.execute("CREATE DATABASE headend TEMPLATE template0")
        yield server


def url(server: PostgreSql, database: str = "headend") -> str:
    return f"postgresql://headend@127.0.0.1:{server.port}/{database}"


def test_a_site_keeps_its_state_in_the_database_and_nowhere_else(server: PostgreSql, tmp_path: Path) -> None:
    site, password = tmp_path / "site.yaml", tmp_path / "db.password"
    password.write_text("not asked for by this server\n")
    made = run_headend(
        "init", "--site", str(site), "--postgresql", url(server), "--password-file", "db.password", "--json"
    )
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["password"]
    (tmp_path / "meters.csv").write_text(METERS)
    imported = run_headend("meters", "import", str(tmp_path / "meters.csv"), "--site", str(site))
    assert imported.returncode == 0, imported.stderr
    assert not list((tmp_path / "data").glob("state.sqlite*"))
    with psycopg.connect(f"host=127.0.0.1 port={server.port} user=headend dbname=headend") as connection:
        assert connection.execute("SELECT serial_number FROM meter").fetchall() == [("000000000001",)]
    again = run_headend("migrate", "--site", str(site), "--json")
    assert (again.returncode, list(json.loads(again.stdout))) == (0, ["revision"])


def test_a_database_that_is_not_there_leaves_no_site_behind(server: PostgreSql, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    made = run_headend("init", "--site", str(site), "--postgresql", url(server, "nowhere"))
    assert made.returncode != 0
    assert 'database "nowhere" does not exist' in made.stderr
    assert not site.exists()


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("{url: 'postgresql://headend:secret@127.0.0.1/headend'}", "data.postgresql.url"),
        ("{url: 'mysql://127.0.0.1/headend'}", "data.postgresql.url"),
        ("{url: 'postgresql://127.0.0.1/headend', password_file: nowhere}", "nowhere cannot be read"),
    ],
)
def test_a_wrong_block_is_refused_with_its_key_and_without_a_secret(block: str, words: str, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(f"data:\n  postgresql: {block}\n")
    refused = run_headend("migrate", "--site", str(site))
    assert refused.returncode != 0
    assert words in refused.stderr
    assert "secret" not in refused.stderr
