"""What a fuzzer found, once more without it: python -m tests.campaigns.fuzz_replay NAME FOLDER prints a JSON object.

The fuzzer's own memory grows with what it remembers; here only the parser's counts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.campaigns.fuzz_targets import CONTROLS, TARGETS

PAGE_KB = 4


def resident_mb() -> float:
    """Of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KB / 1024


def main(name: str, folder: str) -> None:
    target = {**TARGETS, **CONTROLS}[name]
    inputs = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    target(b"")
    before, slowest = resident_mb(), 0.0
    for data in inputs:
        began = time.perf_counter()
        target(data)
        slowest = max(slowest, time.perf_counter() - began)
    print(
        json.dumps(
            {"inputs": len(inputs), "grown_mb": round(resident_mb() - before, 1), "slowest_s": round(slowest, 4)}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
