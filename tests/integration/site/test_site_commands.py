"""A site from `init` to `serve`: all or nothing, one clear line for every trouble, an end in order."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, free_port, headend_json, run_headend, running

HEADER = (
    "usage_point,customer_class,capacity_kva,serial_number,protocol,profile,server_address,line_url,"
    "multiplier,installed_at"
)


def row(number: int, line: str = "tcp://127.0.0.1:1", **changes: str) -> str:
    cells = {
        "usage_point": f"UP-{number}",
        "customer_class": "residential",
        "capacity_kva": "40",
        "serial_number": f"A-{number}",
        "protocol": "dlt645",
        "profile": "dlt645-2007",
        "server_address": str(number),
        "line_url": line,
        "multiplier": "1",
        "installed_at": "2026-01-01",
    }
    return ",".join((cells | changes).values())


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    done = run_headend("init", "--site", str(path), "--name", "North")
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def bus() -> Iterator[str]:
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", "tcp://127.0.0.1:0", "--meters", "3"]
    with running(command, "listening on") as (_, line):
        yield line.split()[-1]


def import_meters(site: Path, *rows: str) -> tuple[int, str]:
    file = site.parent / "meters.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    done = run_headend("meters", "import", str(file), "--site", str(site))
    return done.returncode, done.stdout + done.stderr


def count_meters(site: Path) -> int:
    with sqlite3.connect(site.parent / "data" / "state.sqlite") as state:
        return int(state.execute("select count(*) from meter").fetchone()[0])


def test_the_first_administrator_gets_a_random_password_once(tmp_path: Path) -> None:
    passwords = {headend_json("init", "--site", str(tmp_path / name / "site.yaml"))["password"] for name in "ab"}
    assert len(passwords) == 2 and all(len(password) >= 16 for password in passwords)
    again = run_headend("init", "--site", str(tmp_path / "a" / "site.yaml"))
    assert again.returncode == 2 and "exists already" in again.stderr


def test_a_fresh_site_file_is_right(site: Path) -> None:
    assert headend_json("check-config", "--site", str(site))["profiles"] >= 3
    assert run_headend("migrate", "--site", str(site)).returncode == 0


def test_a_wrong_site_file_stops_everything_with_its_place(site: Path) -> None:
    site.write_text(site.read_text().replace("port: 8645", "prot: 8645"))
    for command in (["check-config"], ["serve"], ["migrate"], ["billing", "close", "2026-01"]):
        done = run_headend(*command, "--site", str(site))
        assert done.returncode == 1
        assert f"{site}:11 api.prot" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_an_import_is_all_or_nothing(site: Path) -> None:
    code, words = import_meters(site, row(1), row(2, customer_class="rich"), row(3, multiplier="-1"))
    assert code == 1
    assert "meters.csv:3 customer_class" in words and "meters.csv:4 multiplier" in words
    assert count_meters(site) == 0
    assert import_meters(site, row(1), row(2))[0] == 0
    code, words = import_meters(site, row(3), row(1))
    assert code == 1 and "A-1" in words
    assert count_meters(site) == 2


def test_a_port_in_use_is_one_clear_line(site: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_headend("serve", "--site", str(site), "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "in use" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_second_server_on_the_same_data_is_refused(site: Path) -> None:
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on"):
        done = run_headend("serve", "--site", str(site), "--port", "0")
    assert done.returncode == 1
    assert "readings.duckdb" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_within_five_seconds_of_a_signal(site: Path, bus: str, name: signal.Signals) -> None:
    import_meters(site, *(row(number, bus) for number in (1, 2, 3)))
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on") as (process, _):
        time.sleep(0.5)
        begin = time.monotonic()
        process.send_signal(name)
        assert process.wait(10) == 0
        assert time.monotonic() - begin < 5
    assert not (site.parent / "data" / "server.json").exists()


def test_commands_ask_the_running_server_and_only_its_owner_may(site: Path, bus: str) -> None:
    with running([HEADEND, "serve", "--site", str(site), "--port", str(free_port())], "listening on"):
        token_file = site.parent / "data" / "server.json"
        assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        assert import_meters(site, row(1, bus))[0] == 0
        code, words = import_meters(site, row(2, bus, capacity_kva="x"))
        assert code == 1 and "capacity_kva" in words
        closed = headend_json("billing", "close", "2026-01", "--site", str(site))
        assert closed["period"] == "2026-01"
        listed = headend_json("billing", "list", "--site", str(site))
        assert listed == [closed]
        export = run_headend("billing", "export", str(closed["id"]), "--site", str(site)).stdout
        again = run_headend("billing", "close", "2026-01", "--site", str(site))
        assert again.returncode == 1 and "closed already" in again.stderr
    assert run_headend("billing", "export", str(closed["id"]), "--site", str(site)).stdout == export


def test_a_server_that_was_killed_leaves_no_trap(site: Path) -> None:
    with running([HEADEND, "serve", "--site", str(site), "--port", "0"], "listening on") as (process, _):
        process.kill()
        process.wait()
    assert json.loads(run_headend("billing", "list", "--site", str(site), "--json").stdout) == []


def test_a_full_disk_is_one_clear_line_and_nothing_half_done(site: Path) -> None:
    """The file system of the data directory takes no more: writes fail, the registry stays as it was."""
    import_meters(site, row(1))
    before = count_meters(site)
    file = site.parent / "meters.csv"
    file.write_text("\n".join([HEADER, *(row(number) for number in range(2, 4000))]) + "\n")
    limited = f"ulimit -f 200; exec {HEADEND} meters import {file} --site {site}"
    done = run_shell(limited)
    assert done[0] != 0 and "Traceback" not in done[1], done
    assert count_meters(site) == before


def run_shell(command: str) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
