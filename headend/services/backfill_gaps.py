"""Backfill: ask meters for what we missed, newest first, from their own memory. Invents nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.collection import BackfillJob, Gap
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, MeterGateway, MeterRegistry, ReadingSink
from headend.queries.gaps import ListGaps

REGISTER = "active_energy_import"
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=12)


@dataclass(slots=True)
class _Patience:
    """When a meter that could not help is asked again: 5 min, 10 min ... 12 h."""

    pause: timedelta
    until: datetime


class BackfillGaps:
    """Says which meters have gaps worth asking about, and fills those of one meter. Who goes when is the caller's."""

    def __init__(
        self,
        registry: MeterRegistry,
        gaps: ListGaps,
        gateway: MeterGateway,
        sink: ReadingSink,
        *,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        self._registry, self._gaps, self._gateway, self._sink = registry, gaps, gateway, sink
        self._zone, self._clock = zone, clock
        self._patience: dict[int, _Patience] = {}

    async def jobs(self, since: datetime) -> Sequence[BackfillJob]:
        """The meters with gaps since then that are not being spared, in the order of their numbers."""
        now = self._clock.now()
        by_meter: dict[int, list[Gap]] = defaultdict(list)
        for gap in await self._gaps.of(REGISTER, since):
            by_meter[gap.installation_id].insert(0, gap)
        known = {installation.id: installation for installation in await self._registry.installations()}
        return [
            BackfillJob(known[meter], gaps)
            for meter, gaps in by_meter.items()
            if meter in known and (meter not in self._patience or self._patience[meter].until <= now)
        ]

    async def fill(self, job: BackfillJob) -> int:
        """Ask for the gaps' load records, else for the midnights inside them; returns how many readings came."""
        received = 0
        for gap in job.gaps:
            came, is_answered = await self._fill_gap(job.installation, gap)
            received += came
            if not is_answered:
                break
        if received:
            self._patience.pop(job.installation.id, None)
        else:
            self._spare(job.installation.id)
        return received

    async def _fill_gap(self, installation: MeterInstallation, gap: Gap) -> tuple[int, bool]:
        answer = await self._gateway.read_load_profile(installation, gap.start, gap.slots)
        if not answer.results:
            answer = await self._gateway.read_daily_freeze(installation, self._days_ago(gap))
        await self._sink.accept(answer.readings)
        return len(answer.readings), answer.is_answered

    def _days_ago(self, gap: Gap) -> list[int]:
        """Numbers of the freezes whose midnight lies in the gap, 1 = the newest."""
        today = self._clock.now().astimezone(self._zone).date()
        first, last = (edge.astimezone(self._zone) for edge in (gap.start, gap.end))
        days = (last.date() - first.date()).days
        midnights = [last.date() - timedelta(days=back) for back in range(days)]
        if (first.hour, first.minute) == (0, 0):
            midnights.append(first.date())
        return [1 + (today - midnight).days for midnight in midnights]

    def _spare(self, meter: int) -> None:
        before = self._patience.get(meter)
        pause = min(before.pause * 2, LONGEST_PAUSE) if before else FIRST_PAUSE
        self._patience[meter] = _Patience(pause, self._clock.now() + pause)
