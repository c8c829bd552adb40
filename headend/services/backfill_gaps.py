"""Backfill: ask meters for what we missed, newest first, from their own memory. Invents nothing.

Whom it asks and when stands in the gap ledger, and what asking brought goes there: a slot that a meter has refused or
has no record of is not asked for again every round.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.collection import BackfillJob, Gap, MeterAnswer
from headend.domain.errors import LineDown, NoAnswer, StoreUnavailable
from headend.domain.gap_ledger import FIRST_PAUSE, LONGEST_PAUSE, Attempt, GapReason
from headend.domain.gap_reasons import reason_of
from headend.domain.instants import to_us
from headend.domain.metering import MeterInstallation
from headend.domain.readings import SOURCE_CODE, Reading
from headend.domain.slot_runs import STRIDE, Runs, slot_of, slot_start, union
from headend.ports import Clock, MemoryDepth, MeterGateway, ReadingSink, Roster
from headend.queries.gaps import CLOCK_TOLERANCE_S, ListGaps
from headend.services.keep_gap_ledger import KeepGapLedger

REGISTER = "active_energy_import"
CLOCK_TOLERANCE = timedelta(seconds=CLOCK_TOLERANCE_S)
PIECE_SLOTS, MOST_PIECES = 16, 6  # four hours in one conversation, a day in one turn


@dataclass(slots=True)
class _Patience:
    """When a meter that did not tell its midnights is asked for them again: 5 min, 10 min ... 12 h."""

    pause: timedelta
    until: datetime


class BackfillGaps:
    """Says which meters have gaps worth asking about, and fills those of one meter. Who goes when is the caller's."""

    def __init__(
        self,
        roster: Roster,
        ledger: KeepGapLedger,
        gaps: ListGaps,
        gateway: MeterGateway,
        sink: ReadingSink,
        *,
        zone: ZoneInfo,
        clock: Clock,
        memory: MemoryDepth = lambda installation: None,
    ) -> None:
        self._roster, self._ledger, self._gaps, self._gateway, self._sink = roster, ledger, gaps, gateway, sink
        self._zone, self._clock, self._memory = zone, clock, memory
        self._patience: dict[int, _Patience] = {}

    async def jobs(self, since: datetime) -> Sequence[BackfillJob]:
        """Look for what is missing since then; the meters with anything due for a try, by number."""
        await self._ledger.refresh(since)
        gaps = await self._due_gaps()
        installations = await self._roster.installations()
        midnights = await self._gaps.without_reading_at(REGISTER, installations, self._month_edges())
        now = self._clock.now()
        jobs = (
            BackfillJob(one, gaps.get(one.id, ()), midnights[one.id] if self._is_worth_asking(one.id, now) else ())
            for one in installations
        )
        return [job for job in jobs if job.gaps or job.midnights]

    async def fill(self, job: BackfillJob) -> int:
        """Ask for frozen midnights, then for the gaps' load records; returns how many readings filled them.

        Newest first, in pieces, so that people and the schedule get the line in between, and a day of slots at most:
        after a long outage every meter of a line has its newest day before one has its oldest. Silence is the meter's:
        all its gaps wait for their next try.
        """
        filled = await self._fill_midnights(job)
        for piece in itertools.islice(_pieces(job.gaps), MOST_PIECES):
            came, attempt = await self._ask(job, piece)
            filled += came
            if attempt.reason is GapReason.METER_SILENT:
                await self._note([attempt, *_older(job, piece.start, attempt)])
                break
            await self._note([attempt])
        return filled

    async def _ask(self, job: BackfillJob, piece: Gap) -> tuple[int, Attempt]:
        """How many readings of its kind lie in the piece, and what to note of it."""
        installation = job.installation
        try:
            answer = await self._gateway.read_load_profile(installation, piece.start, piece.slots)
            has_memory = bool(answer.results)
            if not has_memory:
                answer = await self._read_freezes(installation, self._midnights_in(piece))
            await self._sink.accept(answer.readings)
        except NoAnswer:
            return 0, self._attempt(installation, piece, GapReason.METER_SILENT)
        except LineDown:
            down = self._attempt(installation, piece, GapReason.LINE_DOWN)
            await self._note([down, *_older(job, piece.start, down)])
            raise
        except StoreUnavailable:
            await self._note([self._attempt(installation, piece, GapReason.STORE_DOWN)])
            raise
        reason = reason_of(answer, self._clock.now(), has_memory=has_memory)
        told = [reading for reading in answer.readings if reading.reading_type == piece.reading_type]
        came = sum(piece.start <= reading.measured_at < piece.end for reading in told)
        return came, self._attempt(installation, piece, reason, answer.readings)

    async def _note(self, attempts: Sequence[Attempt]) -> None:
        await self._ledger.tried(attempts)

    def _attempt(
        self, installation: MeterInstallation, piece: Gap, reason: GapReason, readings: Sequence[Reading] = ()
    ) -> Attempt:
        depth = self._memory(installation)
        told = [(r.reading_type.id, slot_of(r.measured_at), SOURCE_CODE[r.source]) for r in readings]
        now = self._clock.now()
        oldest = 0 if depth is None else slot_of(now - depth)
        return Attempt(installation.id, slot_of(piece.start), slot_of(piece.end), reason, to_us(now), told, oldest)

    async def _due_gaps(self) -> dict[int, list[Gap]]:
        """For each meter the gaps whose next try has come, newest first; what several channels miss stands once."""
        due = await self._ledger.due_now()
        if not len(due):
            return {}
        of_types = [due.take((due.reading_type == kind.id).nonzero()[0]).runs for kind in self._ledger.channels]
        runs: Runs = union(*of_types)
        gaps: dict[int, list[Gap]] = defaultdict(list)
        for begin, end in zip(runs.begin[::-1].tolist(), runs.end[::-1].tolist(), strict=True):
            meter, first = divmod(begin, STRIDE)
            span = slot_start(first), slot_start(first + end - begin)
            gaps[meter].append(Gap(meter, self._ledger.channels[0], *span, end - begin))
        return gaps

    async def _fill_midnights(self, job: BackfillJob) -> int:
        """How many of the asked midnights the meter told its register of."""
        if not job.midnights:
            return 0
        answer = await self._read_freezes(job.installation, job.midnights)
        await self._sink.accept(answer.readings)
        told = [reading.measured_at for reading in answer.readings if reading.reading_type.name == REGISTER]
        filled = sum(any(abs(at - midnight) <= CLOCK_TOLERANCE for at in told) for midnight in job.midnights)
        if filled:
            self._patience.pop(job.installation.id, None)
        else:
            self._spare(job.installation.id)
        return filled

    async def _read_freezes(self, installation: MeterInstallation, midnights: Sequence[datetime]) -> MeterAnswer:
        if not midnights:
            return MeterAnswer(installation, (), ())
        return await self._gateway.read_daily_freeze(installation, [self._days_ago(at) for at in midnights])

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


def _older(job: BackfillJob, before: datetime, attempt: Attempt) -> list[Attempt]:
    """The same of all that is left of the job's gaps before an instant."""
    left = [(slot_of(gap.start), slot_of(min(gap.end, before))) for gap in job.gaps if gap.start < before]
    return [replace(attempt, first=first, end=end, told=()) for first, end in left]
