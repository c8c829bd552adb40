"""Engines for the state database: what SQLite needs on every connection, and foreign errors turned into ours."""

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


def writing_engine(url: str) -> Engine:
    """One connection; on SQLite its transactions take the write lock at once, so that none fails half way."""
    return _engine(make_url(url), connections=1, begin="BEGIN IMMEDIATE", pragmas=PRAGMAS)


def reading_engine(url: str, connections: int) -> Engine:
    """A few connections that cannot write on SQLite."""
    return _engine(make_url(url), connections=connections, begin="BEGIN", pragmas=(*PRAGMAS, "query_only=on"))


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, None for any other database."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(parsed.database) if is_file and parsed.database else None


def _engine(url: URL, *, connections: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(url, pool_size=connections, max_overflow=0)
    if url.get_backend_name() == "sqlite":
        _prepare_sqlite(engine, begin, pragmas)
    return engine


def _prepare_sqlite(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    # Python's driver would open transactions by itself, and late; we say BEGIN.
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """The database's errors become StoreUnavailable or Conflict, with the cause."""
    place = make_url(url).render_as_string(hide_password=True)
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict(f"the state store {place} refuses it: {error.orig}") from error
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise StoreUnavailable(f"the state store {place} {_problem(error)}") from error


def _problem(error: exc.DBAPIError | sqlite3.Error) -> str:
    text = str(error.orig if isinstance(error, exc.DBAPIError) else error)
    if "disk is full" in text or "No space left" in text:
        return "cannot be written: the disk is full"
    if "disk I/O error" in text:
        return "cannot be written: the disk refuses (disk I/O error); it may be full"
    if "locked" in text:
        return "is locked by another process"
    if "no such table" in text or "UndefinedTable" in text:
        return "is not set up; run `headend migrate`"
    return f"cannot serve: {text.strip().splitlines()[0]}"
