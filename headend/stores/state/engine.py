"""Engines for the state database: what each database needs on every connection, and foreign errors turned into ours.

Writers take turns on both databases, so that what a transaction has looked up still holds when it writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from headend.domain.errors import Conflict, StoreUnavailable

# WAL lets readers go on while one connection writes; synchronous=full makes a commit survive a power cut.
PRAGMAS = ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "busy_timeout=5000")
# PostgreSQL lets writers of different rows run side by side; a lock of this number, held to the end of a transaction,
# makes them take turns as on SQLite. Readers do not wait for it.
TURN = ("SET LOCAL lock_timeout = '5s'", "SELECT pg_advisory_xact_lock(6456451801)")
LOCK_NOT_AVAILABLE, UNDEFINED_TABLE = "55P03", "42P01"  # of PostgreSQL


def writing_engine(url: str) -> Engine:
    """One connection whose transactions wait for their turn as they begin, so that none fails half way."""
    parsed = make_url(url)
    if _is_sqlite(parsed):
        return _sqlite(parsed, connections=1, begin="BEGIN IMMEDIATE", pragmas=PRAGMAS)
    engine = create_engine(parsed, pool_size=1, max_overflow=0, pool_pre_ping=True, isolation_level="READ COMMITTED")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        for statement in TURN:
            connection.exec_driver_sql(statement)

    return engine


def reading_engine(url: str, connections: int) -> Engine:
    """A few connections that cannot write; each transaction sees the database as it was at one moment."""
    parsed = make_url(url)
    if _is_sqlite(parsed):
        return _sqlite(parsed, connections=connections, begin="BEGIN", pragmas=(*PRAGMAS, "query_only=on"))
    engine = create_engine(parsed, pool_size=connections, max_overflow=0, pool_pre_ping=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, None for any other database."""
    parsed = make_url(url)
    return Path(parsed.database) if _is_sqlite(parsed) and parsed.database else None


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite(url: URL, *, connections: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(url, pool_size=connections, max_overflow=0)

    # Python's driver would open transactions by itself, and late; we say BEGIN.
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def translated(url: str) -> Iterator[None]:
    """The database's errors become StoreUnavailable or Conflict, with the cause."""
    place = make_url(url).render_as_string(hide_password=True)
    try:
        yield
    except (exc.IntegrityError, exc.DataError) as error:  # no other try will do better
        raise Conflict(f"the state store {place} refuses it: {error.orig}") from error
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise StoreUnavailable(f"the state store {place} {_problem(error)}") from error


def _problem(error: exc.DBAPIError | sqlite3.Error) -> str:
    text = str(error.orig if isinstance(error, exc.DBAPIError) else error)
    if "disk is full" in text or "No space left" in text:
        return "cannot be written: the disk is full"
    if "disk I/O error" in text:
        return "cannot be written: the disk refuses (disk I/O error); it may be full"
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, exc.DBAPIError) else None
    if "locked" in text or state == LOCK_NOT_AVAILABLE:
        return "is locked by another process"
    if "no such table" in text or state == UNDEFINED_TABLE:
        return "is not set up; run `headend migrate`"
    return f"cannot serve: {text.strip().splitlines()[0]}"
