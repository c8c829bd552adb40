"""The meters of `quick_meters.c` as a process of their own: what answers costs next to nothing, in C as in the field.

Compiled when a bench starts, with the C compiler of this machine; without one the bench fails.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.processes import running

SOURCE = Path(__file__).with_suffix(".c")


@contextlib.contextmanager
def quick_meters(protocol: str) -> Iterator[int]:
    """The port on which meters of `dlt645` or `modbus` answer, on every address of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "quick_meters")
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-o", program, str(SOURCE)], check=True)
        with running([program, protocol], "listening on") as (_, line):
            yield int(line.split()[-1])
