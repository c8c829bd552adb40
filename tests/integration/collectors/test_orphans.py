"""No collector process outlives its head-end, whatever way that one ends: none may hold a line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.processes import HEADEND, is_there, run_headend, running

pytestmark = pytest.mark.timeout(90)


def wait_until(is_so: Callable[[], bool], within_s: float = 20.0) -> None:
    limit = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.05)


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(word) for word in listed.split()]


def heeds_only_its_parent(process: int) -> bool:
    """It has come as far as to leave SIGTERM to its parent, and so to be ended with it."""
    (ignored,) = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if "SigIgn" in line]
    return bool(int(ignored.split()[1], 16) & 1 << signal.SIGTERM - 1)


def test_a_head_end_that_is_killed_takes_even_paused_children_with_it(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    assert run_headend("init", "--site", str(file)).returncode == 0
    file.write_text(file.read_text().replace("processes: 1 ", "processes: 2 "))
    command = [HEADEND, "serve", "--site", str(file), "--port", "0"]
    with running(command, "headend listening on") as (process, _):
        wait_until(lambda: sum(map(heeds_only_its_parent, children_of(process.pid))) == 2)
        children = children_of(process.pid)
        for child in children:
            os.kill(child, signal.SIGSTOP)
        process.kill()
        process.wait()
        wait_until(lambda: not any(map(is_there, children)))


def test_a_child_whose_parent_closes_the_socket_ends_by_itself() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "headend.commands.collector", "--time-zone", "UTC"]
        child = subprocess.Popen([*command, "--fd", str(theirs.fileno())], pass_fds=[theirs.fileno()])
    assert ours.recv(4)  # its first beat
    ours.close()
    assert child.wait(10) == 0
