"""The gap ledger as people see it: open runs of a meter or of all, cut at a span, with parked time told beside.

Parked time is not due and stands in no ledger; it is shown where somebody asks why there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from headend.domain.gap_ledger import NEVER, NOT_DUE, REASONS, ClosedRuns, GapReason, GapRuns
from headend.domain.instants import from_us
from headend.domain.metering import MeterInstallation
from headend.domain.parking import Parking
from headend.domain.reading_types import ReadingType, ReadingTypeTable
from headend.domain.readings import SOURCES, Ints, ReadingSource
from headend.domain.slot_runs import slot_of, slot_start
from headend.ports import Clock, GapLedger, LedgerQuestion, MeterRegistry, Parkings


@dataclass(frozen=True, slots=True)
class OpenGap:
    """Slots [start, end) that hold no reading and why. `next_try` None: `is_final`, or at the next round."""

    installation: MeterInstallation
    reading_type: ReadingType | None
    start: datetime
    end: datetime
    slots: int
    reason: GapReason
    tries: int = 0
    last_try: datetime | None = None
    next_try: datetime | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class ClosedGap:
    """Slots [start, end) that were missing; `source` None: nothing is due there any more, or nobody looked."""

    reading_type: ReadingType
    start: datetime
    end: datetime
    slots: int
    reason: GapReason
    tries: int
    opened_at: datetime
    closed_at: datetime
    source: ReadingSource | None
    is_due: bool


class ShowGapLedger:
    """Answers what is missing, why, and when it is tried again."""

    def __init__(
        self,
        registry: MeterRegistry,
        ledger: GapLedger,
        parkings: Parkings | None,
        types: ReadingTypeTable,
        *,
        clock: Clock,
    ) -> None:
        self._registry, self._ledger, self._parkings, self._types = registry, ledger, parkings, types
        self._clock = clock

    async def why(self, installation_id: int, start: datetime, end: datetime) -> Sequence[OpenGap]:
        """One meter's open runs in [start, end), and its parked time, oldest first; UnknownMeter."""
        installation = await self._registry.installation(installation_id)
        asked = LedgerQuestion(slot_of(start), _end_slot(end), [installation_id])
        runs = await self._ledger.open_runs(asked)
        found = [_cut(gap, start, end) for gap in self._told(runs, {installation_id: installation})]
        found += [_parked(installation, one, start, end) for one in await self._parked(installation_id, start, end)]
        return sorted(found, key=lambda gap: (gap.start, gap.reason))

    async def open(self, asked: LedgerQuestion, reason: GapReason | None = None) -> Sequence[OpenGap]:
        """Open runs by type, meter and time; of one reason when it is given."""
        runs = await self._ledger.open_runs(asked)
        if reason is not None:
            runs = runs.take(np.flatnonzero(runs.reason == REASONS.index(reason)))
        meters = {one.id: one for one in await self._registry.installations()}
        return list(self._told(runs, meters))

    async def closed(self, installation_id: int, limit: int) -> Sequence[ClosedGap]:
        """What was filled of one meter, the newest first; UnknownMeter."""
        await self._registry.installation(installation_id)
        runs = await self._ledger.closed_runs(LedgerQuestion(installations=[installation_id]), limit)
        return [self._filled(runs, row) for row in range(len(runs))]

    async def summary(self) -> Mapping[GapReason, tuple[int, int]]:
        """For each reason how many meters and slots are missing for it."""
        runs = await self._ledger.open_runs(LedgerQuestion())
        slots: Ints = runs.last - runs.first + 1
        found = {}
        for code in np.unique(runs.reason).tolist():
            rows = runs.reason == code
            found[REASONS[code]] = len(np.unique(runs.installation[rows])), int(slots[rows].sum())
        return found

    def _told(self, runs: GapRuns, meters: Mapping[int, MeterInstallation]) -> Iterator[OpenGap]:
        now = self._clock.now()
        for row in range(len(runs)):
            meter, next_try = int(runs.installation[row]), int(runs.next_try[row])
            if meter in meters:
                yield OpenGap(
                    installation=meters[meter],
                    reading_type=self._types.by_id(int(runs.reading_type[row])),
                    start=slot_start(int(runs.first[row])),
                    end=slot_start(int(runs.last[row]) + 1),
                    slots=int(runs.last[row] - runs.first[row]) + 1,
                    reason=REASONS[int(runs.reason[row])],
                    tries=int(runs.tries[row]),
                    last_try=None if runs.last_try[row] < 0 else from_us(int(runs.last_try[row])),
                    next_try=None if next_try == NEVER or from_us(next_try) <= now else from_us(next_try),
                    is_final=next_try == NEVER,
                )

    def _filled(self, runs: ClosedRuns, row: int) -> ClosedGap:
        source = int(runs.source[row])
        return ClosedGap(
            reading_type=self._types.by_id(int(runs.reading_type[row])),
            start=slot_start(int(runs.first[row])),
            end=slot_start(int(runs.last[row]) + 1),
            slots=int(runs.last[row] - runs.first[row]) + 1,
            reason=REASONS[int(runs.reason[row])],
            tries=int(runs.tries[row]),
            opened_at=from_us(int(runs.opened_at[row])),
            closed_at=from_us(int(runs.closed_at[row])),
            source=SOURCES[source] if source >= 0 else None,
            is_due=source != NOT_DUE,
        )

    async def _parked(self, installation_id: int, start: datetime, end: datetime) -> Sequence[Parking]:
        if self._parkings is None:
            return ()
        history = await self._parkings.history(installation_id)
        return [one for one in history if one.overlaps(start, end)]


def _end_slot(end: datetime) -> int:
    slot = slot_of(end)
    return slot if slot_start(slot) == end else slot + 1


def _cut(gap: OpenGap, start: datetime, end: datetime) -> OpenGap:
    """As much of it as lies in [start, end)."""
    first, last = max(slot_of(gap.start), slot_of(start)), min(slot_of(gap.end), _end_slot(end))
    return replace(gap, start=slot_start(first), end=slot_start(last), slots=last - first)


def _parked(installation: MeterInstallation, parking: Parking, start: datetime, end: datetime) -> OpenGap:
    since = max(parking.since, start)
    until = end if parking.end is None else min(parking.end, end)
    first, last = slot_of(since), _end_slot(until)
    return OpenGap(installation, None, slot_start(first), slot_start(last), last - first, GapReason.PARKED)
