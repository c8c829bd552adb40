"""The health of a line over the lives of its children: what they counted is added up. Counts nothing itself."""

from __future__ import annotations

from dataclasses import replace

from headend.domain.line_health import Latencies, LineHealth

COUNTED = (
    "exchanges",
    "time_outs",
    "strays",
    "noise_bytes",
    "unreadable",
    "refusals",
    "losses",
    "restarts",
    "messages",
)


def added(before: LineHealth, now: LineHealth) -> LineHealth:
    """How the line is now, with all that was counted since the head-end started."""
    sums = {name: getattr(before, name) + getattr(now, name) for name in COUNTED}
    counts = tuple(a + b for a, b in zip(before.latencies.counts, now.latencies.counts, strict=True))
    return replace(now, latencies=Latencies(counts), **sums)
