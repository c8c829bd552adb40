"""Backfill: ask meters for what we missed, newest first, from their own memory. Invents nothing."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.collection import BackfillJob, Gap
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, MeterGateway, ReadingSink, Roster
from headend.queries.gaps import CLOCK_TOLERANCE_S, ListGaps

REGISTER = "active_energy_import"
CLOCK_TOLERANCE = timedelta(seconds=CLOCK_TOLERANCE_S)
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=12)
PIECE_SLOTS, MOST_PIECES = 16, 6  # four hours in one conversation, a day in one turn


@dataclass(slots=True)
class _Patience:
    """When a meter that could not help is asked again: 5 min, 10 min ... 12 h."""

    pause: timedelta
    until: datetime


class BackfillGaps:
    """Says which meters have gaps worth asking about, and fills those of one meter. Who goes when is the caller's."""

    def __init__(
        self,
        roster: Roster,
        gaps: ListGaps,
        gateway: MeterGateway,
        sink: ReadingSink,
        *,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        self._roster, self._gaps, self._gateway, self._sink = roster, gaps, gateway, sink
        self._zone, self._clock = zone, clock
        self._patience: dict[int, _Patience] = {}

    async def jobs(self, since: datetime) -> Sequence[BackfillJob]:
        """The meters with gaps since then that are not being spared, in the order of their numbers."""
        now = self._clock.now()
        gaps: dict[int, list[Gap]] = defaultdict(list)
        for gap in await self._gaps.of(REGISTER, since):
            gaps[gap.installation_id].insert(0, gap)
        installations = await self._roster.installations()
        midnights = await self._gaps.without_reading_at(REGISTER, installations, self._month_edges())
        return [
            BackfillJob(installation, gaps[installation.id], midnights[installation.id])
            for installation in installations
            if (gaps[installation.id] or midnights[installation.id]) and self._is_worth_asking(installation.id, now)
        ]

    async def fill(self, job: BackfillJob) -> int:
        """Ask for frozen midnights, then for the gaps' load records; returns how many readings filled them.

        Newest first, in pieces, so that people and the schedule get the line in between, and a day of slots at most:
        after a long outage every meter of a line has its newest day before one has its oldest. A meter that tells
        something else, because it was without power in the gap, is spared like a silent one.
        """
        filled = await self._read_freezes(job.installation, job.midnights)
        for piece in itertools.islice(_pieces(job.gaps), MOST_PIECES):
            came, is_answered = await self._fill_gap(job.installation, piece)
            filled += came
            if not is_answered:
                break
        if filled:
            self._patience.pop(job.installation.id, None)
        else:
            self._spare(job.installation.id)
        return filled

    async def _fill_gap(self, installation: MeterInstallation, gap: Gap) -> tuple[int, bool]:
        """How many readings lie in it, and whether the meter is worth asking about its next gap."""
        answer = await self._gateway.read_load_profile(installation, gap.start, gap.slots)
        if not answer.results:
            return await self._read_freezes(installation, self._midnights_in(gap)), True
        await self._sink.accept(answer.readings)
        told = [reading.measured_at for reading in answer.readings if reading.reading_type == gap.reading_type]
        return sum(gap.start <= at < gap.end for at in told), answer.is_answered

    async def _read_freezes(self, installation: MeterInstallation, midnights: Sequence[datetime]) -> int:
        """How many of these midnights the meter told its register of."""
        if not midnights:
            return 0
        answer = await self._gateway.read_daily_freeze(installation, [self._days_ago(at) for at in midnights])
        await self._sink.accept(answer.readings)
        told = [reading.measured_at for reading in answer.readings if reading.reading_type.name == REGISTER]
        return sum(any(abs(at - midnight) <= CLOCK_TOLERANCE for at in told) for midnight in midnights)

    def _month_edges(self) -> list[datetime]:
        """The local midnights at which this month and the last one began: what the next bill needs."""
        this = self._clock.now().astimezone(self._zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        last = (this - timedelta(days=1)).replace(day=1)
        return [this, last]

    def _midnights_in(self, gap: Gap) -> list[datetime]:
        """The local midnights in [start, end) of a gap, newest first."""
        midnight = (gap.end - timedelta(microseconds=1)).astimezone(self._zone)
        midnight = midnight.replace(hour=0, minute=0, second=0, microsecond=0)
        found = []
        while midnight >= gap.start:
            found.append(midnight)
            midnight = (midnight - timedelta(hours=12)).replace(hour=0)
        return found

    def _days_ago(self, midnight: datetime) -> int:
        """Number of the freeze of this midnight, 1 = the newest."""
        today = self._clock.now().astimezone(self._zone).date()
        return 1 + (today - midnight.astimezone(self._zone).date()).days

    def _is_worth_asking(self, meter: int, now: datetime) -> bool:
        return meter not in self._patience or self._patience[meter].until <= now

    def _spare(self, meter: int) -> None:
        before = self._patience.get(meter)
        pause = min(before.pause * 2, LONGEST_PAUSE) if before else FIRST_PAUSE
        self._patience[meter] = _Patience(pause, self._clock.now() + pause)


def _pieces(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """The gaps cut into pieces of at most PIECE_SLOTS, newest first."""
    for gap in gaps:
        slot = (gap.end - gap.start) / gap.slots
        for last in range(gap.slots, 0, -PIECE_SLOTS):
            first = max(0, last - PIECE_SLOTS)
            yield replace(gap, start=gap.start + first * slot, end=gap.start + last * slot, slots=last - first)
