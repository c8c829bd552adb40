"""The stores of a site, opened and closed in order: state in SQLite, readings in DuckDB behind a durable spool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from headend.domain.errors import ConfigError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock, DayFactsSource
from headend.stores.readings import DuckDbReadingStore
from headend.stores.readings.day_facts import DuckDbDayFacts
from headend.stores.spool import Spool, SpoolSettings
from headend.stores.spooled_store import SpooledReadingStore
from headend.stores.state import (
    SqlBillingLedger,
    SqlEventLog,
    SqlFleetBook,
    SqlKpiLedger,
    SqlMeterRegistry,
    SqlParkings,
    SqlTopology,
    SqlUserDirectory,
    StateDatabase,
    migrate,
)
from headend.stores.tolerant_events import TolerantEventLog

STATE_FILE, READINGS_FILE, SPOOL_FOLDER = "state.sqlite", "readings.duckdb", "spool"


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
    day_facts: DayFactsSource
    readings: SpooledReadingStore
    duckdb: DuckDbReadingStore


def state_url(directory: Path) -> str:
    """The database URL of the state store in a data directory."""
    return f"sqlite:///{directory / STATE_FILE}"


def prepare(directory: Path) -> str:
    """Make the data directory and bring the state store to the newest schema; returns the revision."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"the data directory cannot be made: {error.strerror}", file=str(directory), remedy="check path and rights"
        ) from error
    return migrate(state_url(directory))


@asynccontextmanager
async def open_stores(
    directory: Path, types: ReadingTypeTable, clock: Clock, spool_megabytes: int
) -> AsyncIterator[Stores]:
    """All stores of a data directory; readings that an earlier life left in the spool are put back first."""
    async with AsyncExitStack() as stack:
        database = StateDatabase(state_url(directory))
        await database.open()
        stack.push_async_callback(database.close)
        events = TolerantEventLog(SqlEventLog(database))
        duckdb = DuckDbReadingStore(directory / READINGS_FILE, types)
        await duckdb.open()
        stack.push_async_callback(duckdb.close)

        async def on_state_change(kind: EventKind, detail: str) -> None:
            await events.record(EndDeviceEvent(kind, clock.now(), detail))

        spool = Spool(directory / SPOOL_FOLDER, SpoolSettings(limit_bytes=spool_megabytes * 1_000_000))
        readings = SpooledReadingStore(duckdb, spool, on_state_change)
        await readings.open()
        stack.push_async_callback(readings.close)
        await readings.drain()
        yield Stores(
            SqlMeterRegistry(database),
            SqlBillingLedger(database),
            events,
            SqlUserDirectory(database),
            SqlTopology(database),
            SqlParkings(database),
            SqlFleetBook(database),
            SqlKpiLedger(database),
            DuckDbDayFacts(duckdb),
            readings,
            duckdb,
        )
