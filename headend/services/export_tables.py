"""Export the gap ledger, and a channel meter by slot: nulls where nothing is known, marks and reason beside.

Owns which columns there are. Invents no value: a slot without a reading has an empty value and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from headend.domain.errors import Conflict
from headend.domain.export_table import ColumnKind, ExportColumn, ExportTable
from headend.domain.gap_ledger import NEVER, REASON_CODE, REASONS, GapReason, GapRuns
from headend.domain.instants import to_us
from headend.domain.meter_days import Rows, slots_touched
from headend.domain.metering import MeterInstallation
from headend.domain.parking import Parking
from headend.domain.quality import unmask
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import SOURCES, Ints, source_codes
from headend.domain.slot_runs import NOWHERE, SLOT_US, STRIDE, runs_at, slot_of, slot_start
from headend.ports import (
    Clock,
    GapLedger,
    IntervalSource,
    LedgerQuestion,
    MeterRegistry,
    Parkings,
    SlotReadings,
    TableWriter,
)

MOST_CELLS = 20_000_000
UNEXPLAINED = len(REASONS)  # not in the ledger: not installed yet, not over yet, or not looked at yet
REASON_WORDS = (*(reason.value for reason in REASONS), "")


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A rendered file."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ExportSources:
    """Where the exported comes from."""

    registry: MeterRegistry
    ledger: GapLedger
    parkings: Parkings
    intervals: IntervalSource


class ExportTables:
    """Renders tables in the formats that it was given writers for."""

    def __init__(
        self,
        sources: ExportSources,
        types: ReadingTypeTable,
        writers: Mapping[TableFormat, TableWriter],
        *,
        clock: Clock,
    ) -> None:
        self._sources, self._types, self._writers, self._clock = sources, types, writers, clock

    async def gaps(self, table_format: TableFormat) -> TableFile:
        """The open ledger, a row a run."""
        runs = await self._sources.ledger.open_runs(LedgerQuestion())
        meters = await self._sources.registry.installations()
        columns = [*_who(meters, runs.installation), *self._run_columns(runs)]
        return self._file(ExportTable("gaps", columns), table_format)

    async def readings(self, reading_type: str, start: datetime, end: datetime, table_format: TableFormat) -> TableFile:
        """A channel in [start, end), a row a meter and slot; UnknownReadingType, Conflict when it is too much."""
        kind = self._types.find(reading_type)
        first, last = slot_of(start), slot_of(end)
        meters = await self._sources.registry.installations()
        if len(meters) * (last - first) > MOST_CELLS:
            raise Conflict(f"{len(meters)} meters x {last - first} slots are too much for one file; ask for less")
        ids = np.array([one.id for one in meters], np.int64)
        installation, slot = np.repeat(ids, last - first), np.tile(np.arange(first, last), len(ids))
        told = await self._sources.intervals.slot_readings(kind.id, first, last)
        row, known = _matched(installation * STRIDE + slot, told.installation * STRIDE + told.slot)
        reason = await self._reasons(kind.id, installation, slot, first, last)
        reason[known] = UNEXPLAINED
        everywhere = np.ones(len(slot), np.bool_)
        columns = [
            *_who(meters, installation),
            ExportColumn("slot_start", ColumnKind.INSTANT, slot * SLOT_US, everywhere),
            *_told(told, row, known, kind.decimals),
            ExportColumn("unit", ColumnKind.WORD, np.zeros_like(slot), everywhere, [kind.unit]),
            ExportColumn("reason", ColumnKind.WORD, reason, reason != UNEXPLAINED, REASON_WORDS),
        ]
        return self._file(ExportTable(f"{kind.name}-{start:%Y%m%d%H%M}-{end:%Y%m%d%H%M}", columns), table_format)

    async def _reasons(self, type_id: int, installation: Ints, slot: Ints, first: int, end: int) -> Ints:
        """For each meter and slot the code of the reason in the ledger; parked time over it."""
        runs = await self._sources.ledger.open_runs(LedgerQuestion(first, end, reading_type=type_id))
        positions = installation * STRIDE + slot
        run = runs_at(runs.runs, positions)
        found = np.full(len(slot), UNEXPLAINED, np.int64)
        found[run != NOWHERE] = runs.reason[run[run != NOWHERE]]
        start, until = slot_start(first), slot_start(end)
        stays = [(one.installation_id, *slots_touched(one, start, until)) for one in await self._parked(start, until)]
        for meter, begin, over in stays:
            place = np.searchsorted(positions, [meter * STRIDE + first + begin, meter * STRIDE + first + over])
            found[place[0] : place[1]] = REASON_CODE[GapReason.PARKED]
        return found

    async def _parked(self, start: datetime, end: datetime) -> Sequence[Parking]:
        return await self._sources.parkings.between(start, end)

    def _run_columns(self, runs: GapRuns) -> list[ExportColumn]:
        everywhere = np.ones(len(runs), np.bool_)
        names = [one.name for one in self._types.rows]
        place = {one.id: at for at, one in enumerate(self._types.rows)}
        types = np.array([place[number] for number in runs.reading_type.tolist()], np.int64)
        final = (runs.next_try == NEVER).astype(np.int64)
        waits = (runs.next_try != NEVER) & (runs.next_try > to_us(self._clock.now()))
        return [
            ExportColumn("reading_type", ColumnKind.WORD, types, everywhere, names),
            ExportColumn("start", ColumnKind.INSTANT, runs.first * SLOT_US, everywhere),
            ExportColumn("end", ColumnKind.INSTANT, (runs.last + 1) * SLOT_US, everywhere),
            ExportColumn("slots", ColumnKind.INTEGER, runs.last - runs.first + 1, everywhere),
            ExportColumn("reason", ColumnKind.WORD, runs.reason, everywhere, REASON_WORDS),
            ExportColumn("tries", ColumnKind.INTEGER, runs.tries, everywhere),
            ExportColumn("opened_at", ColumnKind.INSTANT, runs.opened_at, everywhere),
            ExportColumn("last_try", ColumnKind.INSTANT, runs.last_try, runs.last_try >= 0),
            ExportColumn("next_try", ColumnKind.INSTANT, runs.next_try, waits),
            ExportColumn("final", ColumnKind.WORD, final, everywhere, ["no", "yes"]),
        ]

    def _file(self, table: ExportTable, table_format: TableFormat) -> TableFile:
        writer = self._writers[table_format]
        return TableFile(table.name + writer.suffix, writer.media_type, writer.render(table))


def _who(meters: Sequence[MeterInstallation], installation: Ints) -> list[ExportColumn]:
    """Usage point, number of the installation, serial number; a meter that is not installed any more has no words."""
    ids = np.array([one.id for one in meters], np.int64)
    place, known = _matched(installation, ids)
    points, serials = [one.usage_point.name for one in meters], [one.meter.serial_number for one in meters]
    everywhere = np.ones(len(installation), np.bool_)
    return [
        ExportColumn("usage_point", ColumnKind.WORD, place, known, points),
        ExportColumn("installation", ColumnKind.INTEGER, installation, everywhere),
        ExportColumn("serial_number", ColumnKind.WORD, place, known, serials),
    ]


def _told(told: SlotReadings, row: Ints, known: Rows, decimals: int) -> list[ExportColumn]:
    """What the store told of each cell: time, exact value, marks and source."""
    masks, marks = np.unique(told.quality, return_inverse=True)
    words = [" ".join(unmask(int(bits))) for bits in masks]

    def of(column: Ints) -> Ints:
        return np.where(known, column[row], 0) if len(column) else np.zeros(len(row), np.int64)

    return [
        ExportColumn("measured_at", ColumnKind.INSTANT, of(told.measured_at), known),
        ExportColumn("value", ColumnKind.DECIMAL, of(told.value), known, decimals=decimals),
        ExportColumn("qualities", ColumnKind.WORD, of(marks.astype(np.int64)), known, words),
        ExportColumn("source", ColumnKind.WORD, of(source_codes(told.source)), known, [one.value for one in SOURCES]),
    ]


def _matched(wanted: Ints, sorted_keys: Ints) -> tuple[Ints, Rows]:
    """For each wanted key its row among the sorted ones, and whether it is there."""
    if not len(sorted_keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    row = np.clip(np.searchsorted(sorted_keys, wanted), 0, len(sorted_keys) - 1)
    return row, sorted_keys[row] == wanted
