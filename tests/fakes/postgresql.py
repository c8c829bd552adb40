"""A real PostgreSQL on a private port and folder. It refuses to run as root, so root hands it to another user.

Its databases sort by language (ICU, English), as those of most sites do, and not by code point.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests.fakes.processes import free_port

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
OWNER = "nobody" if os.geteuid() == 0 else None
GROUPS: list[str | int] | None = [] if OWNER else None
INITDB = ("--no-sync", "--auth=trust", "--username=headend", "--encoding=UTF8", "--locale=C.UTF-8")
LANGUAGE = ("--locale-provider=icu", "--icu-locale=en")
# No test of these cuts the power, so nothing needs to reach the disk.
SETTINGS = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")
# Rows go in spite of keys and triggers, and numbers begin at 1 again: a new database takes ten times as long.
EMPTY = """
DO $$ DECLARE one record; BEGIN
  PERFORM set_config('session_replication_role', 'replica', true);
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', one.tablename);
  END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
    PERFORM setval(one.sequencename::regclass, 1, false);
  END LOOP;
END $$
"""


class PostgreSql:
    """One running server; every database on it is made by a test and dropped after it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._names = (f"test_{number}" for number in count(1))

    def url(self, name: str) -> str:
        """Where a database is, in the words of SQLAlchemy."""
        return f"postgresql+psycopg://headend@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Say something to the server outside of any transaction."""
        where = f"host=127.0.0.1 port={self.port} user=headend dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self, database: str) -> None:
        """Take out all rows, as if the tables were new."""
        self.execute(EMPTY, database)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a fresh database without tables; it is gone after the block, whoever is still connected."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_postgresql() -> Iterator[PostgreSql]:
    """A server while the block runs."""
    if not PROGRAMS:
        raise FileNotFoundError("the tests start a PostgreSQL of their own; install Debian's package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="headend-postgresql-"))
    try:
        if OWNER is not None:
            shutil.chown(folder, OWNER)
        initdb = [str(PROGRAMS[0] / "initdb"), "-D", str(folder / "data"), *INITDB, *LANGUAGE]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, user=OWNER, extra_groups=GROUPS)
        with _serving(folder, free_port()) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[PostgreSql]:
    settings = (*SETTINGS, "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")
    options = [word for setting in settings for word in ("-c", setting)]
    command = [str(PROGRAMS[0] / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, user=OWNER, extra_groups=GROUPS)
        try:
            server = PostgreSql(port)
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            process.wait(20)


def _wait(server: PostgreSql, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit and process.poll() is None:
        try:
            return server.execute("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.02)
    raise AssertionError(log.read_text())
