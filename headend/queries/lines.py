"""The lines of a site, the worst first: how each is, and what stands on it. Joins registry, field and parkings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from headend.domain.errors import UnknownLine
from headend.domain.line_health import LineHealth, LineStanding
from headend.domain.metering import Line
from headend.ports import Clock, LineWatch, MeterRegistry, Parkings

ORDER = tuple(LineStanding)


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line that installed meters are on; of its meters some are silent and some are parked, none is both."""

    line: Line
    health: LineHealth
    meters: int
    silent: int
    parked: int


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines, and since when their figures are counted."""

    rows: Sequence[LineRow]
    since: datetime


class ShowLines:
    """Figures of the running head-end; they begin at zero with each start."""

    def __init__(
        self,
        registry: MeterRegistry,
        watch: LineWatch,
        silent: Callable[[], frozenset[int]],
        *,
        parkings: Parkings,
        clock: Clock,
    ) -> None:
        self._registry, self._watch, self._silent, self._parkings = registry, watch, silent, parkings
        self._clock, self._since = clock, clock.now()

    async def lines(self) -> Lines:
        """The worst first; a line that nobody has used yet comes last."""
        now = self._clock.now()
        parked = {one.installation_id for one in await self._parkings.between(now, now + timedelta(microseconds=1))}
        silent, health = self._silent() - parked, self._watch.health()
        meters: dict[Line, list[int]] = {}
        for installation in await self._registry.installations():
            meters.setdefault(installation.meter.line, []).append(installation.id)
        rows = [
            LineRow(
                line=line,
                health=health.get(line.url, LineHealth()),
                meters=len(numbers),
                silent=len(silent.intersection(numbers)),
                parked=len(parked.intersection(numbers)),
            )
            for line, numbers in meters.items()
        ]
        return Lines(sorted(rows, key=_worst_first), self._since)

    async def line(self, line_id: int) -> LineRow:
        """One line; UnknownLine when no installed meter is on it."""
        for row in (await self.lines()).rows:
            if row.line.id == line_id:
                return row
        raise UnknownLine(f"no line {line_id}")


def _worst_first(row: LineRow) -> tuple[int, Decimal, int, int, str]:
    health = row.health
    percent = health.success_percent
    success = Decimal(101) if percent is None else percent
    return ORDER.index(health.standing), success, -health.restarts, -row.silent, row.line.url
