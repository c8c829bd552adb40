"""Keep the gap ledger: compare what is due with what is there, note what asking brought. Asks no meter.

It alone writes the ledger. What is due and what is present are columns; only what is missing becomes rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from headend.domain.errors import StoreUnavailable
from headend.domain.gap_changes import Seen, asked_again, reconciled, settled
from headend.domain.gap_ledger import BY_ANOTHER_WAY, REASON_CODE, Attempt, ClosedRuns, GapRuns
from headend.domain.instants import to_us
from headend.domain.kpi import MetricDay
from headend.domain.meter_days import FOR_EVER, FleetColumns, due_windows
from headend.domain.metering import MeterInstallation
from headend.domain.reading_types import ReadingType, ReadingTypeTable
from headend.domain.readings import SOURCE_CODE, Ints
from headend.domain.slot_runs import SLOT_US, STRIDE, Runs, difference, runs_present, slot_of, slot_start
from headend.ports import Absent, Clock, GapLedger, LedgerQuestion, MeterRegistry, Parkings, ReadingStore

SLOT_S = SLOT_US // 1_000_000
MOST_PENDING = 256  # attempts in memory; a crash loses them and costs one more try each, no reading
BLOCK = 10_000  # meters whose slots are compared at one go: some 20 ms
MOST_SOURCES = 64  # closings of one comparison whose source is looked up
CHANNELS = ("active_energy_import",)


@dataclass(frozen=True, slots=True)
class LedgerStores:
    """What the ledger is made of. `turn` lets one in at a time. Without `parkings` nobody is parked."""

    registry: MeterRegistry
    readings: ReadingStore
    ledger: GapLedger
    turn: AbstractAsyncContextManager[None]
    parkings: Parkings | None = None
    is_spooling: Callable[[], bool] = lambda: False


class KeepGapLedger:
    """The open gaps of these channels: a meter owes every quarter hour in which it is installed and not parked."""

    def __init__(
        self,
        stores: LedgerStores,
        types: ReadingTypeTable,
        *,
        zone: ZoneInfo,
        clock: Clock,
        absent: Absent = lambda installations: {},
        channels: Sequence[str] = CHANNELS,
    ) -> None:
        self._stores, self._zone, self._clock, self._absent = stores, zone, clock, absent
        self.channels: tuple[ReadingType, ...] = tuple(types.by_name(name) for name in channels)
        self._pending: list[Attempt] = []
        self._turn = stores.turn

    async def refresh(self, since: datetime) -> None:
        """Make the ledger say what is missing since the local day of `since`, the newest day first.

        StoreUnavailable while readings wait in the spool: what is there cannot be told then.
        """
        if self._stores.is_spooling():
            raise StoreUnavailable("readings wait in the spool; what is missing cannot be told")
        async with self._turn:
            await self._flush()
            now = self._clock.now()
            installations = await self._stores.registry.installations()
            fleet = _columns(installations)
            if not installations:
                return
            since = max(since, min(one.installed_at for one in installations))  # nothing was due before
            absent = sorted(self._absent(installations).items())
            meters, reasons = np.array([(m, REASON_CODE[r]) for m, r in absent], np.int64).reshape(-1, 2).T
            for day in _days(since, now, self._zone):
                first, end = slot_of(day.start), min(slot_of(day.end), slot_of(now))
                if first < end:
                    due = await self._due(fleet, day, end)
                    for kind in self.channels:
                        present = await self._stores.readings.slots_present(kind.id, day.start, SLOT_S, end - first)
                        missing = await self._missing(due, present, first)
                        await self._reconcile(Seen(kind.id, first, end, due, missing, to_us(now), meters, reasons))

    async def due_now(self) -> GapRuns:
        """The open runs whose next try has come."""
        return await self._stores.ledger.open_runs(LedgerQuestion(due_by=to_us(self._clock.now())))

    async def tried(self, attempts: Sequence[Attempt]) -> None:
        """Note what asking a meter brought; kept with the next comparison, or when enough has come together."""
        async with self._turn:
            waiting = {one.installation for one in self._pending}
            if any(one.installation in waiting for one in attempts):
                await self._flush()
            self._pending += attempts
            if len(self._pending) >= MOST_PENDING:
                await self._flush()

    async def try_again(self, asked: LedgerQuestion) -> int:
        """Make the open runs due at once, final ones too; how many slots they are."""
        slots = 0
        async with self._turn:
            await self._flush()
            for kind in self.channels:
                runs = await self._stores.ledger.open_runs(replace(asked, reading_type=kind.id))
                await self._stores.ledger.change(asked_again(runs))
                slots += runs.runs.slots
        return slots

    async def _due(self, fleet: FleetColumns, day: MetricDay, end: int) -> Runs:
        parkings = await self._stores.parkings.between(day.start, day.end) if self._stores.parkings else ()
        windows = due_windows(fleet, parkings, day)
        base = fleet.installation[windows.row] * STRIDE
        begin = windows.begin // SLOT_US
        until = np.minimum(windows.end // SLOT_US, end)
        over = begin < until
        return Runs((base + begin)[over], (base + until)[over])

    async def _missing(self, due: Runs, present: Mapping[int, Ints], first: int) -> Runs:
        """Block by block of meters, and whoever waits for the event loop has it in between."""
        meters = np.unique(due.begin // STRIDE)
        parts = [Runs(due.begin[:0], due.end[:0])]
        for at in range(0, len(meters), BLOCK):
            block = meters[at : at + BLOCK]
            rows = slice(*np.searchsorted(due.begin, [block[0] * STRIDE, (block[-1] + 1) * STRIDE]))
            there = {meter: present[meter] for meter in block.tolist() if meter in present}
            parts.append(difference(Runs(due.begin[rows], due.end[rows]), runs_present(there, first)))
            await self._clock.sleep(0)
        return Runs(np.concatenate([one.begin for one in parts]), np.concatenate([one.end for one in parts]))

    async def _reconcile(self, seen: Seen) -> None:
        asked = LedgerQuestion(seen.first - 1, seen.end + 1, reading_type=seen.reading_type)
        known = await self._stores.ledger.open_runs(asked)
        if not len(known) and not len(seen.missing):
            return
        change = reconciled(known, seen)
        await self._stores.ledger.change(replace(change, closed=await self._sourced(change.closed)))

    async def _sourced(self, closed: ClosedRuns) -> ClosedRuns:
        """With the source of the newest reading of those runs that came by another way than backfill."""
        source = closed.source.copy()
        for row in np.flatnonzero(source == BY_ANOTHER_WAY)[:MOST_SOURCES]:
            span = slot_start(int(closed.first[row])), slot_start(int(closed.last[row]) + 1)
            found = await self._stores.readings.series(
                int(closed.installation[row]), [int(closed.reading_type[row])], *span
            )
            if found:
                source[row] = SOURCE_CODE[found[-1].source]
        return replace(closed, source=source)

    async def _flush(self) -> None:
        """In the turn: what asking brought goes into the ledger; it waits on when the store cannot take it."""
        if not self._pending:
            return
        meters = sorted({one.installation for one in self._pending})
        for kind in self.channels:
            known = await self._stores.ledger.open_runs(LedgerQuestion(installations=meters, reading_type=kind.id))
            await self._stores.ledger.change(settled(known, kind.id, self._pending))
        self._pending.clear()


def _columns(installations: Sequence[MeterInstallation]) -> FleetColumns:
    """As much of the fleet as due windows need."""
    size = len(installations)
    unknown = np.full(size, -1, np.int64)
    gone = (FOR_EVER if one.removed_at is None else to_us(one.removed_at) for one in installations)
    return FleetColumns(
        np.fromiter((one.id for one in installations), np.int64, size),
        np.fromiter((to_us(one.installed_at) for one in installations), np.int64, size),
        np.fromiter(gone, np.int64, size),
        *[unknown] * 5,
    )


def _days(since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[MetricDay]:
    """The local days from since to now, the newest first."""
    first: date = since.astimezone(zone).date()
    day: date = now.astimezone(zone).date()
    while day >= first:
        yield MetricDay.of(day, zone)
        day -= timedelta(days=1)
