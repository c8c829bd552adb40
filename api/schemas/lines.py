"""Shape of lines and their health."""

from __future__ import annotations

from pydantic import BaseModel

from api.parameters import Instant
from api.schemas.meters import without_password
from headend.domain.line_health import LATENCY_BOUNDS_S, Latencies, LineStanding, TerminalPresence
from headend.queries.lines import LineRow, Lines


class BucketAnswer(BaseModel):
    """So many answers took at most so long, and longer than the bucket before; without a bound: longer than all."""

    up_to_ms: float | None
    count: int


class LatencyAnswer(BaseModel):
    """How long answers took; percentiles are null without answers, `buckets` has those that are not empty."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    buckets: list[BucketAnswer]


class LineErrorsAnswer(BaseModel):
    """What went wrong on a line, by kind."""

    time_outs: int
    strays: int
    noise_bytes: int
    unreadable: int
    refusals: int
    losses: int


class TerminalAnswer(BaseModel):
    """A terminal that dials in."""

    online_since: Instant | None
    last_heartbeat: Instant | None
    logins: int


class LineAnswer(BaseModel):
    """One line. `since` is when it opened or was lost; `success_percent` is answers of questions, rounded down."""

    id: int
    url: str
    standing: LineStanding
    since: Instant | None
    reason: str
    waiting: int
    exchanges: int
    success_percent: str | None
    messages: int
    restarts: int
    errors: LineErrorsAnswer
    latency: LatencyAnswer
    meters: int
    silent: int
    parked: int
    terminal: TerminalAnswer | None


class LinesAnswer(BaseModel):
    """All lines, the worst first; counted since the head-end started."""

    counted_since: Instant
    lines: list[LineAnswer]


def lines_answer(lines: Lines) -> LinesAnswer:
    """All lines."""
    return LinesAnswer(counted_since=lines.since, lines=[*map(_line, lines.rows)])


def milliseconds(latencies: Latencies, percent: int) -> float | None:
    """A percentile as people read it."""
    seconds = latencies.percentile_s(percent)
    return None if seconds is None else round(seconds * 1000, 1)


def buckets(latencies: Latencies) -> list[BucketAnswer]:
    """Those that hold something."""
    bounds = [*(round(bound * 1000, 3) for bound in LATENCY_BOUNDS_S), None]
    pairs = zip(bounds, latencies.counts, strict=True)
    return [BucketAnswer(up_to_ms=bound, count=count) for bound, count in pairs if count]


def _line(row: LineRow) -> LineAnswer:
    health = row.health
    percent = health.success_percent
    return LineAnswer(
        id=row.line.id,
        url=without_password(row.line.url),
        standing=health.standing,
        since=health.changed_at,
        reason=health.reason,
        waiting=health.waiting,
        exchanges=health.exchanges,
        success_percent=None if percent is None else str(percent),
        messages=health.messages,
        restarts=health.restarts,
        errors=_errors(row),
        latency=_latency(health.latencies),
        meters=row.meters,
        silent=row.silent,
        parked=row.parked,
        terminal=_terminal(health.terminal),
    )


def _errors(row: LineRow) -> LineErrorsAnswer:
    health = row.health
    return LineErrorsAnswer(
        time_outs=health.time_outs,
        strays=health.strays,
        noise_bytes=health.noise_bytes,
        unreadable=health.unreadable,
        refusals=health.refusals,
        losses=health.losses,
    )


def _latency(latencies: Latencies) -> LatencyAnswer:
    return LatencyAnswer(
        p50_ms=milliseconds(latencies, 50),
        p95_ms=milliseconds(latencies, 95),
        p99_ms=milliseconds(latencies, 99),
        buckets=buckets(latencies),
    )


def _terminal(presence: TerminalPresence | None) -> TerminalAnswer | None:
    if presence is None:
        return None
    return TerminalAnswer(
        online_since=presence.online_since, last_heartbeat=presence.last_heartbeat, logins=presence.logins
    )
