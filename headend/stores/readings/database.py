"""The DuckDB file: opening, schema, cursors, and foreign errors turned into ours. Knows no query.

Refuses a schema that is newer than this program, a file that another process holds, and a damaged log.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from headend.domain.errors import ConfigError, StoreUnavailable

SCHEMA_VERSION = 1

# No key: DuckDB checks none in time, and an append-only table needs none. Rows arrive nearly in time order, so
# the zone maps of measured_at and version prune almost everything. Instants are microseconds since 1970 UTC.
SCHEMA = """
create table store_fact (name varchar not null, value bigint not null);
create table reading (
    installation bigint not null, reading_type bigint not null, measured_at bigint not null,
    received_at bigint not null, value bigint not null, quality bigint not null, source bigint not null,
    frame bigint not null, version bigint not null);
create table raw_frame (id bigint not null, request blob not null, reply blob not null);
create table newest (
    installation bigint not null, reading_type bigint not null, oldest_at bigint not null,
    newest_at bigint not null, received_at bigint not null, billable_at bigint not null,
    billable_value bigint not null, billable_known boolean not null);
create view resolved as
    select * from reading
    qualify row_number() over (
        partition by installation, reading_type, measured_at
        order by version desc, received_at desc, source) = 1;
"""


@dataclass(frozen=True, slots=True)
class DuckDbSettings:
    """What the engine may take: memory as DuckDB writes it ("1GB"), its threads, and our reading threads.

    After `save_every` rows the newest columns are saved unasked: a restart never reads more than that.
    """

    memory_limit: str = "1GB"
    threads: int = 2
    readers: int = 2
    save_every: int = 2_000_000


class ReadingDatabase:
    """One open file with its cursors; closing waits until the last cursor is back."""

    def __init__(self, path: Path, settings: DuckDbSettings) -> None:
        self.path = path
        self._settings = settings
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._cursors = 0
        self._returned = threading.Condition()

    def open(self) -> None:
        """Open the file, make it when it is not there, and look at its schema."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self._settings.memory_limit,
            "threads": self._settings.threads,
        }
        with translated(self.path):
            connection = duckdb.connect(str(self.path), config=config)
        try:
            with translated(self.path):
                _prepare(connection, self.path)
        except (StoreUnavailable, ConfigError):
            connection.close()
            raise
        self._connection = connection

    def close(self) -> None:
        """Close the file; DuckDB folds its log into it."""
        with self._returned:
            connection, self._connection = self._connection, None
            self._returned.wait_for(lambda: not self._cursors)
        if connection is not None:
            with translated(self.path):
                connection.close()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for this thread, DuckDB's errors translated; StoreUnavailable when not open."""
        with self._returned:
            if self._connection is None:
                raise StoreUnavailable(f"the reading store {self.path} is not open")
            self._cursors += 1
            connection = self._connection
        try:
            with translated(self.path), connection.cursor() as cursor:
                yield cursor
        finally:
            with self._returned:
                self._cursors -= 1
                self._returned.notify_all()


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    if tables and "store_fact" not in tables:
        raise ConfigError("is a DuckDB file, but no reading store", file=str(path))
    if tables:
        _refuse_newer(connection, path)
        return  # opening an existing file writes nothing: queries go on when the disk is full
    connection.execute("begin")
    connection.execute(SCHEMA)
    insert = "insert into store_fact values ('schema_version', ?), ('newest_version', 0)"
    connection.execute(insert, [SCHEMA_VERSION])
    connection.execute("commit")


def _refuse_newer(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    query = "select value from store_fact where name = 'schema_version'"
    [(found,)] = connection.execute(query).fetchall()
    if found > SCHEMA_VERSION:
        raise ConfigError(
            f"has schema {found}, this program knows {SCHEMA_VERSION}",
            file=str(path),
            remedy="start the newer headend that wrote it",
        )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """DuckDB's errors become StoreUnavailable with the cause and with words that help."""
    try:
        yield
    except duckdb.Error as error:
        raise StoreUnavailable(f"the reading store {path} {_problem(error, path)}") from error


def _problem(error: duckdb.Error, path: Path) -> str:
    text = str(error)
    if "Could not set lock" in text or "lock on file" in text:
        return "is held by another process; ask the running server instead of opening the file"
    if "No space left" in text or "File too large" in text:
        return "cannot be written: the disk is full"
    if "WAL" in text:
        return (
            f"does not open: its log {path.name}.wal is damaged. Keep a copy of it, move it away, and start "
            f"again: what was appended since the last checkpoint is in it alone ({_first_line(text)})"
        )
    return f"cannot serve: {_first_line(text)}"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no reason given"
