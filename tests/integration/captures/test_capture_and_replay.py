"""What happened on a line once happens again: captured reads, good and failing, are replayed to the same outcome."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors.captures.chunk import Direction
from collectors.captures.reading import read_capture
from tests.fakes.processes import HEADEND, headend_json, run_headend, running
from tests.fakes.pty_pair import pty_pair
from tests.vectors import dlt645

ITEMS = ("active_energy_import", "0201FF00", "0001FF00", "04000401", "DEADBEEF")
MODBUS_ITEMS = ("active_energy_import", "voltage_l1", "frequency")
LOCAL = "tcp://127.0.0.1:0"


@pytest.fixture(scope="module")
def meters() -> Iterator[str]:
    command = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", LOCAL, "--meters", "3"]
    with running(command, "listening on") as (_, line):
        yield line.split()[-1]


def outcome(url: str, *items: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What a read told, without the times that it was told at."""
    rows = headend_json("read", url, *items, "--timeout", "4", *options)
    return [{key: value for key, value in row.items() if not key.endswith("_at")} for row in rows]


def replayed(file: Path, url: str, *items: str) -> list[dict[str, Any]]:
    with running([HEADEND, "replay", str(file), "--listen", LOCAL, "--at-once"], "listening on") as (_, line):
        address = line.split()[2].rstrip(",")
        return outcome(url.format(address), *items)


def test_a_good_read_is_replayed_to_the_same_values(meters: str, tmp_path: Path) -> None:
    file = tmp_path / "good.jsonl"
    then = outcome(f"dlt645+{meters}/2", *ITEMS, options=("--capture", str(file)))
    assert [row["error"] is None for row in then] == [True, True, True, True, False]
    assert replayed(file, "dlt645+{}/2", *ITEMS) == then


def test_a_modbus_read_is_replayed_to_the_same_values(tmp_path: Path) -> None:
    file = tmp_path / "modbus.jsonl"
    with running([HEADEND, "simulate", "--protocol", "modbus", "--listen", LOCAL], "listening on") as (_, line):
        then = outcome(f"modbus+{line.split()[-1]}/1", *MODBUS_ITEMS, options=("--capture", str(file)))
    assert all(row["error"] is None for row in then)
    assert replayed(file, "modbus+{}/1", *MODBUS_ITEMS) == then
    assert {entry["protocol"] for entry in headend_json("replay", str(file))} == {"modbus-tcp"}


def test_a_failing_read_fails_again_in_the_same_way(meters: str, tmp_path: Path) -> None:
    script, file = tmp_path / "bad.yaml", tmp_path / "bad.jsonl"
    script.write_text("- {fault: flip, share: 1.0, direction: up, count: 30}\n")
    proxy = [HEADEND, "faultproxy", "--listen", LOCAL, "--to", meters, "--script", str(script), "--seed", "7"]
    with running(proxy, "listening on") as (_, damaged):
        capture = [HEADEND, "capture", damaged.split()[-1], str(file), "--listen", LOCAL]
        with running(capture, "listening on") as (_, line):
            then = outcome(f"dlt645+{line.split()[2].rstrip(',')}/2", ITEMS[0])
    assert "no_answer" in then[0]["error"]
    assert replayed(file, "dlt645+{}/2", ITEMS[0]) == then
    told = headend_json("replay", str(file))
    asked = [entry["valid"] for entry in told if entry["direction"] == ">"]
    assert len(asked) > 1 and all(asked), "a damaged answer is asked for again"
    assert not any(entry["valid"] for entry in told if entry["direction"] == "<")


def test_a_read_that_fails_once_is_replayed_with_its_retry(meters: str, tmp_path: Path) -> None:
    """Half of the answers are damaged; which ones, the seed says. Replayed, the same ones are."""
    script, file = tmp_path / "bad.yaml", tmp_path / "bad.jsonl"
    script.write_text("- {fault: flip, share: 0.5, direction: up, count: 30}\n")
    proxy = [HEADEND, "faultproxy", "--listen", LOCAL, "--to", meters, "--script", str(script), "--seed", "2"]
    with running(proxy, "listening on") as (_, line):
        then = outcome(f"dlt645+{line.split()[-1]}/2", ITEMS[0], options=("--capture", str(file)))
    assert {entry["valid"] for entry in headend_json("replay", str(file)) if entry["direction"] == "<"} == {True, False}
    assert replayed(file, "dlt645+{}/2", ITEMS[0]) == then


def test_a_question_that_was_never_asked_is_silence_and_told(meters: str, tmp_path: Path) -> None:
    file = tmp_path / "good.jsonl"
    outcome(f"dlt645+{meters}/2", ITEMS[0], options=("--capture", str(file)))
    with running([HEADEND, "replay", str(file), "--listen", LOCAL], "listening on") as (process, line):
        url = f"dlt645+{line.split()[2].rstrip(',')}/2"
        done = run_headend("read", url, "frequency", "--timeout", "1")
        assert done.returncode == 4
        process.send_signal(signal.SIGTERM)
        assert "never asked in the capture: 6802" in process.communicate()[1]


def test_a_capture_becomes_vectors_in_the_shape_of_the_test_suite(
    meters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, vectors = tmp_path / "good.jsonl", tmp_path / "vectors" / "v.json"
    vectors.parent.mkdir()
    then = outcome(f"dlt645+{meters}/2", ITEMS[0], options=("--capture", str(file)))
    assert run_headend("replay", str(file), "--vector", str(vectors)).returncode == 0
    monkeypatch.setattr(dlt645, "_HERE", vectors.parent)
    asked, told, *_block = dlt645.load()
    assert (asked.facts["direction"], told.facts["direction"]) == ("request", "response")
    assert told.facts["values"] == [{"name": ITEMS[0], "value": then[0]["value"], "unit": "kWh"}]
    assert told.facts["data_identifier"] == "00010000"
    again = run_headend("replay", str(file), "--vector", str(vectors))
    assert again.returncode == 2 and "choose a new file" in again.stderr


def test_a_killed_capture_has_every_byte(meters: str, tmp_path: Path) -> None:
    file = tmp_path / "killed.jsonl"
    with running([HEADEND, "capture", meters, str(file), "--listen", LOCAL], "listening on") as (process, line):
        outcome(f"dlt645+{line.split()[2].rstrip(',')}/2", ITEMS[0])
        process.kill()
        process.wait()
    directions = [chunk.direction for chunk in read_capture(file).chunks]
    assert directions[0] is Direction.TO_METERS and Direction.FROM_METERS in directions


def test_a_tap_tells_requests_from_answers(tmp_path: Path) -> None:
    file = tmp_path / "tap.jsonl"
    frames = ["6801000000000068110433333433B316", "68010000000000689104353337337E16"]
    with pty_pair() as (near, far), running([HEADEND, "capture", f"serial://{far}", str(file)], "listening"):
        wire = os.open(near, os.O_RDWR | os.O_NOCTTY)
        for frame, times in ((frames[0], 1), ("689A", 1), (frames[0], 2)):
            os.write(wire, bytes.fromhex(frame))
            termios.tcdrain(wire)
            limit = time.monotonic() + 20
            while file.read_text().count(frame) < times and time.monotonic() < limit:
                time.sleep(0.01)
        os.close(wire)
    told = headend_json("replay", str(file))
    assert {chunk.direction for chunk in read_capture(file).chunks} == {Direction.UNKNOWN}
    assert [entry["direction"] for entry in told if entry["valid"]] == [">", ">"]
    assert [entry["direction"] for entry in told if not entry["valid"]] == ["?"]


def test_a_capture_and_a_replay_serve_pseudo_terminals(meters: str, tmp_path: Path) -> None:
    file = tmp_path / "pty.jsonl"
    with running([HEADEND, "capture", meters, str(file), "--listen", "pty:"], "listening on") as (_, line):
        then = outcome(f"dlt645+{line.split()[2].rstrip(',')}/2", ITEMS[0])
    with running([HEADEND, "replay", str(file), "--listen", "pty:", "--speed", "3"], "listening on") as (_, line):
        assert outcome(f"dlt645+{line.split()[2].rstrip(',')}/2", ITEMS[0]) == then
    assert then[0]["error"] is None


def test_a_master_that_comes_again_after_a_loss_is_served_again(tmp_path: Path) -> None:
    file = tmp_path / "lost.jsonl"
    meters = [HEADEND, "simulate", "--protocol", "dlt645", "--listen", LOCAL]
    with running(meters, "listening on") as (_, line):
        place = line.split()[-1]
        with running([HEADEND, "capture", place, str(file), "--listen", LOCAL], "listening on") as (_, said):
            url = f"dlt645+{said.split()[2].rstrip(',')}/1"
            outcome(url, ITEMS[0])
            outcome(url, ITEMS[0])
    assert {chunk.connection for chunk in read_capture(file).chunks} == {1, 2}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["capture", "tcp://127.0.0.1:1", "{}/new.jsonl"], 4, "Connection refused"),
        (["capture", "serial:///dev/none", "{}/new.jsonl", "--listen", "pty:"], 4, "No such file"),
        (["capture", "tcp://127.0.0.1:1", "{}/new.jsonl", "--listen", "nonsense"], 1, "cannot listen"),
        (["read", "dlt645+tcp://127.0.0.1:1/1", "voltage_l1", "--capture", "{}/new.jsonl"], 4, "Connect call failed"),
        (["capture", "mqtt://127.0.0.1:1", "{}/new.jsonl"], 2, "captures take tcp and serial"),
        (["capture", "tcp://127.0.0.1:1", "{}/old.jsonl"], 2, "choose another name"),
        (["capture", "tcp://127.0.0.1:1", "{}/none/new.jsonl"], 2, "choose a folder"),
        (["capture", "tcp://127.0.0.1:1", "{}/new.jsonl", "--listen", "mqtt://127.0.0.1:1"], 2, "pty:"),
        (
            ["read", "mqtt://127.0.0.1:1/meters/000000000001/state", "active_power", "--capture", "{}/new.jsonl"],
            2,
            "captures take",
        ),
        (["replay", "{}/none.jsonl"], 2, "cannot read"),
        (["replay", "{}/old.jsonl"], 2, "old.jsonl:1"),
        (["replay", "{}/empty.jsonl", "--listen", LOCAL], 2, "nothing to answer"),
        (["replay", "{}/empty.jsonl", "--protocol", "morse"], 2, "known: auto"),
    ],
)
def test_trouble_is_one_clear_line(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    (tmp_path / "old.jsonl").write_text("old\n")
    header = {"capture": 1, "line": "tcp://h:1", "started": "2026-03-01T08:00:00Z", "program": "x"}
    (tmp_path / "empty.jsonl").write_text(json.dumps(header) + "\n")
    done = run_headend(*(argument.format(tmp_path) for argument in arguments))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new.jsonl").exists()  # so that the next try may have the name


NO_ROOM = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
os.execv(sys.argv[1], sys.argv[1:])
"""
SHORT_OF_ROOM = [sys.executable, "-c", NO_ROOM, HEADEND]


def test_a_full_disk_loses_the_capture_and_never_the_reading(meters: str, tmp_path: Path) -> None:
    file = tmp_path / "full.jsonl"
    command = [*SHORT_OF_ROOM, "read", f"dlt645+{meters}/2", *ITEMS[:4], "--json", "--capture", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert [row["error"] for row in json.loads(done.stdout)] == [None] * 4
    assert "the capture ends after 2 chunks" in done.stderr
    capture = read_capture(file)
    assert len(capture.chunks) == 2 and capture.is_cut
    assert "the last line is cut" in run_headend("replay", str(file)).stderr


def test_a_full_disk_ends_a_running_capture(meters: str, tmp_path: Path) -> None:
    file = tmp_path / "full.jsonl"
    command = [*SHORT_OF_ROOM, "capture", meters, str(file), "--listen", LOCAL]
    with running(command, "listening on") as (process, line):
        run_headend("read", f"dlt645+{line.split()[2].rstrip(',')}/2", *ITEMS[:4], "--timeout", "2")
        assert process.wait(10) == 1
        assert process.stderr is not None and "the capture ends after 2 chunks" in process.stderr.read()
