"""Health for lines of a metered day: one impaired, one of a terminal, one down, one well, the others not used yet."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from headend.domain.line_health import LATENCY_BOUNDS_S, Latencies, LineHealth, TerminalPresence
from tests.fakes.api_services import Site


def bell(total: int, middle_s: float, *, slow: int = 0) -> Latencies:
    """Answers around a middle, and some slow ones eight buckets above it."""
    centre = sum(bound < middle_s for bound in LATENCY_BOUNDS_S)
    counts = [round(total * math.exp(-((bucket - centre) ** 2) / 3) / 3.07) for bucket in range(37)]
    counts[min(36, centre + 8)] += slow
    return Latencies(tuple(counts))


def watch_lines(site: Site) -> None:
    """Lines of `fill` are tcp://10.0.0.N:8899."""
    now = site.clock.now()
    well = LineHealth(True, now - timedelta(hours=9), latencies=bell(48_000, 0.045), strays=3, time_outs=17)
    well = replace(well, exchanges=well.latencies.total + well.time_outs)
    lines = (
        replace(
            well,
            latencies=bell(9_000, 0.18, slow=240),
            time_outs=2_315,
            strays=41,
            noise_bytes=18_220,
            waiting=14,
            exchanges=11_569,
            restarts=2,
            refusals=7,
        ),
        replace(
            well,
            latencies=bell(21_000, 0.7),
            exchanges=21_014,
            losses=1,
            messages=288,
            terminal=TerminalPresence(now - timedelta(hours=3), now - timedelta(seconds=40), 2),
        ),
        replace(well, is_open=False, changed_at=now - timedelta(minutes=12), reason="connection refused", losses=4),
        well,
    )
    site.watched.told = {f"tcp://10.0.0.{number}:8899": health for number, health in enumerate(lines, 1)}
    site.watched.silent = frozenset({3, 35, 36})
