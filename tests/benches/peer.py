"""A whole gateway of somebody else: values a second from the wire of the same Modbus meters to where they are safe.

Ours ends when DuckDB has them on disk, behind rules and with both frames kept. The peer ends when a subscriber of its
broker has them: its own durable storage, SQLite, is on the way; no store of a platform is. It polls by a period and not
as fast as it can, so several periods are tried and its best one counts. Ours runs before each of them.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benches import durable_modbus
from tests.benches.alone import Loop, alone
from tests.benches.foreign_gateway import NAME, Form, Meters, sustained_rate
from tests.benches.head_end_parts import loopback
from tests.benches.measured import OURS, Line, Size, lines, rate
from tests.benches.quick_meters import quick_meters

METERS, VALUES = 200, 18
PASSES = 50
PERIODS_MS: Mapping[Form, Sequence[int]] = {Form.NAMES: (1000, 600, 400), Form.RANGE: (300, 240, 200)}
WARM_UP_S, SECONDS = 3.0, 12.0


def peer(size: Size) -> list[Line]:
    """Against either form of its configuration."""
    ours: list[float] = []
    best: dict[Form, tuple[float, int]] = {}
    with quick_meters("modbus") as port:
        addresses = loopback(METERS, port)
        passes = size.of(PASSES)
        with alone(Loop.UVLOOP, durable_modbus.contender, addresses, VALUES, passes, size.data) as one_round:
            one_round()
            for form, periods in PERIODS_MS.items():
                for period in periods:
                    ours.append(rate(one_round))
                    theirs = _theirs(size, Meters(addresses, VALUES, form, period))
                    best[form] = max(best.get(form, (0.0, 0)), (theirs, period))
    named = {f"{NAME}, {form}, every {period} ms": theirs for form, (theirs, period) in best.items()}
    return lines("peer", "values/s", size.seed, {OURS: statistics.median(ours), **named})


def _theirs(size: Size, meters: Meters) -> float:
    folder = Path(tempfile.mkdtemp(prefix="headend-bench-", dir=size.data))
    try:
        return sustained_rate(folder, meters, size.share * WARM_UP_S, size.share * SECONDS)
    finally:
        shutil.rmtree(folder)
