"""Programs that a test starts for real: it waits for their line, and they are ended with the test."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HEADEND = str(Path(sys.executable).parent / "headend")


def free_port() -> int:
    """A port of this machine that nobody listens on now, and that no other worker of the test run is given."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if (port >> 1) % workers == number:  # Linux gives ports of one parity first
            return port


def run_headend(*arguments: str, stdin: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """`headend ...` to its end."""
    return subprocess.run(
        [HEADEND, *arguments], input=stdin, capture_output=True, text=True, timeout=timeout, check=False
    )


def headend_json(*arguments: str) -> Any:  # Any: JSON
    """What `headend ... --json` prints."""
    return json.loads(run_headend(*arguments, "--json").stdout)


def is_there(process: int) -> bool:
    """A process of this number lives; a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_line(process: subprocess.Popen[str], words: str, seconds: float = 20) -> str:
    """The first line on its stdout that contains `words`; fails with its stderr when it ends or stays silent."""
    assert process.stdout is not None
    limit = time.monotonic() + seconds
    seen = ""
    while time.monotonic() < limit:
        ready, _, _ = select.select([process.stdout], [], [], max(0, limit - time.monotonic()))
        line = process.stdout.readline() if ready else ""
        if words in line:
            return line.strip()
        seen += line
        if not line and process.poll() is not None:
            break
    process.kill()
    _, stderr = process.communicate()
    raise AssertionError(f"no {words!r} from {process.args}: {seen}\n{stderr}")


@contextmanager
def running(command: Sequence[str], words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A program while the block runs, and the line with which it said that it is ready."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1, env=os.environ | environment
    )
    try:
        yield process, wait_for_line(process, words)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.communicate()
