"""`/lines`: every way to meters, the worst first, and one of them with how long its answers took."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response

from api.access import GuardedRoute, Services
from api.console.rendering import render
from api.parameters import MAX_ID
from api.schemas.lines import milliseconds
from headend.domain.line_health import LATENCY_BOUNDS_S, Latencies, LineStanding

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
PERCENTILES = (50, 95, 99)
LineId = Annotated[int, Path(alias="id", ge=1, le=MAX_ID)]


@router.get("/lines")
async def show_lines(request: Request, services: Services) -> Response:
    """The page."""
    lines = await services.show_lines.lines()
    return render(
        request,
        "lines.html",
        lines=lines,
        counts=Counter(row.health.standing for row in lines.rows),
        standings=tuple(LineStanding),
        told=told,
        has_terminals=any(row.health.terminal for row in lines.rows),
    )


@router.get("/lines/{id}")
async def show_line(request: Request, services: Services, line_id: LineId) -> Response:
    """One line in full."""
    row = await services.show_lines.line(line_id)
    return render(request, "line.html", row=row, percentiles=PERCENTILES, told=told)


@router.get("/lines/{id}/latency")
async def show_latency(services: Services, line_id: LineId) -> Response:
    """The histogram as data for the drawing, from the first bucket that holds something to the last."""
    latencies = (await services.show_lines.line(line_id)).health.latencies
    filled = [bucket for bucket, count in enumerate(latencies.counts) if count]
    shown = range(max(0, filled[0] - 1), min(filled[-1] + 2, len(latencies.counts))) if filled else range(0)
    content = {
        "labels": [_label(bucket) for bucket in shown],
        "counts": [latencies.counts[bucket] for bucket in shown],
        "total": latencies.total,
    }
    return Response(orjson.dumps(content), media_type="application/json")


def told(latencies: Latencies, percent: int) -> str:
    """A percentile with its unit."""
    found = milliseconds(latencies, percent)
    return "–" if found is None else _duration(found)


def _label(bucket: int) -> str:
    if bucket == len(LATENCY_BOUNDS_S):
        return f"> {_duration(LATENCY_BOUNDS_S[-1] * 1000)}"
    return f"≤ {_duration(LATENCY_BOUNDS_S[bucket] * 1000)}"


def _duration(milliseconds: float) -> str:
    """Three figures are enough."""
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.2f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 100 else f"{milliseconds:.1f} ms"
