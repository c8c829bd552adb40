"""SIGKILL at random moments: what was acknowledged is there, whole and once; the seed is printed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.contract.crash.subjects import SUBJECTS
from tests.fakes.influxdb import DoubleInfluxDb

ROOT = Path(__file__).parents[3]


class Writers:
    """Processes that write to one place, one after the other."""

    def __init__(self, kind: str, path: Path) -> None:
        command = [sys.executable, "-m", "tests.contract.crash.writer", kind, str(path)]
        pipe = subprocess.PIPE
        self._parent = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        assert self._parent.stdin and self._parent.stdout
        self._say, self._heard = self._parent.stdin, self._parent.stdout

    def write_and_kill(self, first: int, after_s: float) -> list[int]:
        """Kill a writer so many seconds after its first acknowledgement; all that it acknowledged."""
        self._say.write(f"{first}\n")
        self._say.flush()
        writer = int(self._heard.readline())
        acknowledged = [int(self._heard.readline())]
        time.sleep(after_s)  # the moment of the crash is the point of the test
        os.kill(writer, signal.SIGKILL)
        return acknowledged + [int(line) for line in iter(self._heard.readline, "dead\n")]

    def close(self) -> None:
        """No more writers."""
        self._say.close()
        self._heard.close()
        assert self._parent.wait(10) == 0


def problems(acknowledged: Iterable[int], found: Mapping[int, int]) -> list[str]:
    """What is wrong with a store after a crash."""
    lost = sorted(set(acknowledged) - found.keys())
    doubled = sorted(number for number, times in found.items() if times > 1)
    return [f"lost {lost}"] * bool(lost) + [f"doubled {doubled}"] * bool(doubled)


async def found_in(kind: str, path: Path) -> Mapping[int, int]:
    async with SUBJECTS[kind](path) as subject:
        return await subject.found()


@pytest.mark.parametrize(("kind", "kills"), [("readings", 10), ("spool", 20), ("ledger", 5)])
def test_nothing_acknowledged_is_lost_and_nothing_doubled(kind: str, kills: int, tmp_path: Path) -> None:
    kill_and_look(kind, kills, tmp_path)


def test_nothing_acknowledged_is_lost_or_doubled_in_influxdb(engine: DoubleInfluxDb, tmp_path: Path) -> None:
    engine.make_bucket("killed")
    (tmp_path / "server").write_text(f"{engine.url} killed")
    kill_and_look("influxdb", 4, tmp_path)


def kill_and_look(kind: str, kills: int, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    acknowledged: list[int] = []
    first = 1
    writers = Writers(kind, tmp_path)
    for _ in range(kills):
        acknowledged += writers.write_and_kill(first, moments.uniform(0, 0.12))
        found = asyncio.run(found_in(kind, tmp_path))
        assert not problems(acknowledged, found), f"seed {seed}"
        first = max(found) + 1
    writers.close()
    print(f"{kills} kills, {len(acknowledged)} acknowledged, {len(found)} found")


@pytest.mark.parametrize(
    ("acknowledged", "found", "expected"),
    [
        ([1, 2], {1: 1, 2: 1, 3: 1}, []),
        ([1, 2], {1: 1}, ["lost [2]"]),
        ([1], {1: 2}, ["doubled [1]"]),
    ],
)
def test_the_check_itself(acknowledged: list[int], found: dict[int, int], expected: list[str]) -> None:
    assert problems(acknowledged, found) == expected
