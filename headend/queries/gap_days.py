"""Missing quarters of an hour by meter and day, the worst meters first: gaps cut at midnights, by columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from headend.domain.instants import to_us
from headend.domain.kpi import MetricDay
from headend.domain.meter_days import SLOT_US
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, MeterRegistry
from headend.queries.gaps import ListGaps

REGISTER = "active_energy_import"


@dataclass(frozen=True, slots=True)
class GapRow:
    """One meter: its missing quarters of each day."""

    installation: MeterInstallation
    missing: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class GapDays:
    """The worst meters; `meters` counts all that miss something, `slots` all that is missing."""

    days: Sequence[date]
    rows: Sequence[GapRow]
    meters: int
    slots: int


class ShowGapDays:
    """Cuts gaps into days of the site."""

    def __init__(self, gaps: ListGaps, registry: MeterRegistry, *, zone: ZoneInfo, clock: Clock) -> None:
        self._gaps, self._registry, self._zone, self._clock = gaps, registry, zone, clock

    async def of(self, days: int, limit: int, members: Collection[int] | None = None) -> GapDays:
        """The last days, today among them; of these installations when `members` are given."""
        today = self._clock.now().astimezone(self._zone).date()
        spans = [MetricDay.of(today - timedelta(days=back), self._zone) for back in reversed(range(days))]
        gaps = await self._gaps.of(REGISTER, spans[0].start)
        if members is not None:
            gaps = [gap for gap in gaps if gap.installation_id in members]
        start = np.array([to_us(gap.start) for gap in gaps], np.int64)
        end = np.array([to_us(gap.end) for gap in gaps], np.int64)
        meters, row = np.unique(np.array([gap.installation_id for gap in gaps], np.int64), return_inverse=True)
        missing = np.zeros((len(meters), days), np.int64)
        for column, span in enumerate(spans):
            inside = np.clip(np.minimum(end, to_us(span.end)) - np.maximum(start, to_us(span.start)), 0, None)
            np.add.at(missing[:, column], row, inside // SLOT_US)
        totals = missing.sum(axis=1)
        worst = np.argsort(-totals, kind="stable")[:limit]
        by_id = {one.id: one for one in await self._registry.installations()}
        rows = [
            GapRow(by_id[int(meters[n])], tuple(missing[n].tolist()), int(totals[n]))
            for n in worst
            if int(meters[n]) in by_id
        ]
        return GapDays([span.on for span in spans], rows, len(meters), int(totals.sum()))
