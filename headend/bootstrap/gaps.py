"""The gap ledger of a head-end, put together: what keeps it, what shows it, and what the field knows of reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.profiles import Dlt645Profile
from collectors.terminals.profile import Gdw1376Profile
from headend import shipped
from headend.bootstrap.stores import Stores
from headend.domain.gap_ledger import GapReason
from headend.domain.line_health import LineStanding
from headend.domain.metering import MeterInstallation, Protocol
from headend.domain.reading_types import ReadingTypeTable
from headend.exports.csv_table import CsvTable
from headend.exports.parquet_table import ParquetTable
from headend.ports import Absent, Clock, LineWatch, MemoryDepth, TableWriter
from headend.queries.gap_ledger import ShowGapLedger
from headend.services.export_tables import ExportSources, ExportTables, TableFormat
from headend.services.keep_gap_ledger import KeepGapLedger, LedgerStores

WRITERS: Mapping[TableFormat, TableWriter] = {TableFormat.CSV: CsvTable(), TableFormat.PARQUET: ParquetTable()}


@dataclass(frozen=True, slots=True)
class Gaps:
    """What keeps the ledger, and what shows it."""

    keep: KeepGapLedger
    show: ShowGapLedger
    export: ExportTables


def build_gaps(stores: Stores, types: ReadingTypeTable, absent: Absent, zone: ZoneInfo, clock: Clock) -> Gaps:
    """Over the stores of a site."""
    made_of = LedgerStores(
        stores.registry,
        stores.readings,
        stores.gaps,
        asyncio.Lock(),
        stores.parkings,
        lambda: stores.readings.is_spooling,
    )
    keep = KeepGapLedger(made_of, types, zone=zone, clock=clock, absent=absent)
    show = ShowGapLedger(stores.registry, stores.gaps, stores.parkings, types, clock=clock)
    sources = ExportSources(stores.registry, stores.gaps, stores.parkings, stores.intervals)
    return Gaps(keep, show, ExportTables(sources, types, WRITERS, clock=clock))


def unreadable(lines: LineWatch, silent: Callable[[], frozenset[int]]) -> Absent:
    """Meters on lines that are down now, and meters that are called silent now."""

    def absent(installations: Sequence[MeterInstallation]) -> Mapping[int, GapReason]:
        down = {url for url, health in lines.health().items() if health.standing is LineStanding.DOWN}
        reasons = dict.fromkeys(silent(), GapReason.METER_SILENT)
        if down:
            dead = (one.id for one in installations if one.meter.line.url in down)
            reasons |= dict.fromkeys(dead, GapReason.LINE_DOWN)
        return reasons

    return absent


def memory_depths(root: Path) -> MemoryDepth:
    """How long meters keep their load records, as their profiles say."""
    days: dict[tuple[Protocol, str], int] = {}
    for name, meter in shipped.profiles(root, "dlt645", Dlt645Profile).items():
        if meter.load_profile:
            days[Protocol.DLT645, name] = meter.load_profile.days_kept
    for name, terminal in shipped.profiles(root, "gdw1376", Gdw1376Profile).items():
        if terminal.load_profile:
            days[Protocol.GDW1376, name] = terminal.load_profile.days_kept

    def depth(installation: MeterInstallation) -> timedelta | None:
        kept = days.get((installation.meter.protocol, installation.meter.profile))
        return None if kept is None else timedelta(days=kept)

    return depth
