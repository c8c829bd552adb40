"""The stores of a site, opened and closed in order: its state, and the chosen reading store behind a spool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from headend.bootstrap.reading_engine import open_reading_engine
from headend.bootstrap.state_place import state_url
from headend.domain.errors import ConfigError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock, DayFactsSource, IntervalSource
from headend.settings import DataSettings
from headend.stores.no_day_facts import NoDayFacts
from headend.stores.readings import DuckDbReadingStore
from headend.stores.readings.day_facts import DuckDbDayFacts
from headend.stores.readings.intervals import DuckDbIntervals
from headend.stores.series_intervals import SeriesIntervals
from headend.stores.spool import Spool, SpoolSettings
from headend.stores.spooled_store import CheckpointedStore, SpooledReadingStore
from headend.stores.state import (
    SqlBillingLedger,
    SqlClockBook,
    SqlEventLog,
    SqlExchangeLedger,
    SqlFieldReadingBook,
    SqlFleetBook,
    SqlGapLedger,
    SqlIdentityBook,
    SqlKpiLedger,
    SqlMeterRegistry,
    SqlParkings,
    SqlPlanProgress,
    SqlRoutes,
    SqlSpecialReads,
    SqlStateBook,
    SqlTopology,
    SqlUserDirectory,
    SqlWayBook,
    StateDatabase,
    migrate,
)
from headend.stores.tolerant_events import TolerantEventLog

SPOOL_FOLDER = "spool"


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept."""

    registry: SqlMeterRegistry
    ledger: SqlBillingLedger
    events: TolerantEventLog
    users: SqlUserDirectory
    topology: SqlTopology
    parkings: SqlParkings
    fleet_book: SqlFleetBook
    kpis: SqlKpiLedger
    identities: SqlIdentityBook
    exchanges: SqlExchangeLedger
    routes: SqlRoutes
    special_reads: SqlSpecialReads
    plan_progress: SqlPlanProgress
    gaps: SqlGapLedger
    clocks: SqlClockBook
    states: SqlStateBook
    ways: SqlWayBook
    field_readings: SqlFieldReadingBook
    day_facts: DayFactsSource
    intervals: IntervalSource
    readings: SpooledReadingStore
    engine: CheckpointedStore


def prepare(directory: Path, data: DataSettings) -> str:
    """Make the data directory and bring the state store to the newest schema; returns the revision."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"the data directory cannot be made: {error.strerror}", file=str(directory), remedy="check path and rights"
        ) from error
    return migrate(state_url(directory, data))


@asynccontextmanager
async def open_stores(
    directory: Path, types: ReadingTypeTable, clock: Clock, data: DataSettings
) -> AsyncIterator[Stores]:
    """All stores of a data directory; readings that an earlier life left in the spool are put back first."""
    async with AsyncExitStack() as stack:
        database = StateDatabase(state_url(directory, data))
        await database.open()
        stack.push_async_callback(database.close)
        events = TolerantEventLog(SqlEventLog(database))

        async def on_state_change(kind: EventKind, detail: str) -> None:
            await events.record(EndDeviceEvent(kind, clock.now(), detail))

        async def on_refused(detail: str) -> None:
            await on_state_change(EventKind.READINGS_REFUSED, detail)

        engine = await stack.enter_async_context(
            open_reading_engine(directory, data, types, clock=clock, on_refused=on_refused)
        )
        spool = Spool(directory / SPOOL_FOLDER, SpoolSettings(limit_bytes=data.spool_megabytes * 1_000_000))
        readings = SpooledReadingStore(engine, spool, on_state_change)
        await readings.open()
        stack.push_async_callback(readings.close)
        await readings.drain()
        yield _stores(database, events, readings, engine)


def _stores(
    database: StateDatabase, events: TolerantEventLog, readings: SpooledReadingStore, engine: CheckpointedStore
) -> Stores:
    return Stores(
        SqlMeterRegistry(database),
        SqlBillingLedger(database),
        events,
        SqlUserDirectory(database),
        SqlTopology(database),
        SqlParkings(database),
        SqlFleetBook(database),
        SqlKpiLedger(database),
        SqlIdentityBook(database),
        SqlExchangeLedger(database),
        SqlRoutes(database),
        SqlSpecialReads(database),
        SqlPlanProgress(database),
        SqlGapLedger(database),
        SqlClockBook(database),
        SqlStateBook(database),
        SqlWayBook(database),
        SqlFieldReadingBook(database),
        DuckDbDayFacts(engine) if isinstance(engine, DuckDbReadingStore) else NoDayFacts(),
        _intervals(engine, database),
        readings,
        engine,
    )


def _intervals(engine: CheckpointedStore, database: StateDatabase) -> IntervalSource:
    if isinstance(engine, DuckDbReadingStore):
        return DuckDbIntervals(engine)
    return SeriesIntervals(SqlMeterRegistry(database), engine)
