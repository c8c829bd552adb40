"""Migrating: from nothing, twice, from anywhere; and databases that must not be served."""

from __future__ import annotations

import io
import re
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from headend.domain.errors import ConfigError, StoreUnavailable
from headend.stores.state import StateDatabase, migrate
from headend.stores.state.engine import reading_engine, writing_engine
from headend.stores.state.migration import check_migrated, configuration
from headend.stores.state.models import Model


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def test_the_migrations_make_exactly_the_tables_of_the_models(file: Path) -> None:
    migrate(url(file))
    with reading_engine(url(file), 1).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []
        connection.rollback()


def test_the_comparison_would_notice_a_missing_column(file: Path) -> None:
    migrate(url(file))
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE event DROP COLUMN detail")
    with reading_engine(url(file), 1).connect() as connection2:
        assert compare_metadata(MigrationContext.configure(connection2), Model.metadata)


def test_migrating_twice_is_the_same_as_once(file: Path) -> None:
    first = migrate(url(file))
    before = file.read_bytes()
    assert migrate(url(file)) == first
    assert file.read_bytes() == before
    check_migrated(url(file))


def test_a_database_of_the_first_release_keeps_all_that_is_in_it(file: Path) -> None:
    config = configuration()
    engine = writing_engine(url(file))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(file) as connection2:
        connection2.execute("INSERT INTO line (id, url) VALUES (7, 'tcp://10.0.0.1:8899')")
        connection2.execute("INSERT INTO event (kind, occurred_at, detail) VALUES ('line_down', 5, 'x')")
    connection2.close()
    with pytest.raises(ConfigError, match="schema 0001"):
        check_migrated(url(file))
    migrate(url(file))
    check_migrated(url(file))
    with sqlite3.connect(file) as connection3:
        assert connection3.execute("SELECT id, url FROM line").fetchall() == [(7, "tcp://10.0.0.1:8899")]
        assert connection3.execute("SELECT kind, detail FROM event").fetchall() == [("line_down", "x")]
        assert connection3.execute("SELECT count(*) FROM parking").fetchall() == [(0,)]
    connection3.close()


def test_the_scripts_are_found_from_any_folder(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    migrate(url(file))
    check_migrated(url(file))


def test_a_database_that_is_not_there_is_not_made_by_looking(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"state\.sqlite the state store has no tables yet \(run `headend migrate`\)"):
        check_migrated(url(file))
    assert not file.exists()


def test_a_database_of_a_newer_program_is_refused_by_both(file: Path) -> None:
    migrate(url(file))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for attempt in (check_migrated, migrate):
        with pytest.raises(ConfigError, match="schema 9999, which this program does not know"):
            attempt(url(file))


def test_a_migration_that_fails_leaves_nothing(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE user_session (mine)")
    connection.close()
    with pytest.raises(StoreUnavailable, match="user_session already exists"):
        migrate(url(file))
    with sqlite3.connect(file) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    connection.close()
    assert names == ["user_session"]


@pytest.mark.asyncio
async def test_serving_is_refused_until_the_database_is_migrated(file: Path) -> None:
    with pytest.raises(ConfigError, match="headend migrate"):
        await StateDatabase(url(file)).open()
    migrate(url(file))
    database = StateDatabase(url(file))
    await database.open()
    await database.close()


@pytest.mark.parametrize("content", [b"this is no database, this is a letter" * 40])
def test_a_file_of_another_kind_is_a_clear_error(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    for attempt in (check_migrated, migrate):
        with pytest.raises(StoreUnavailable, match="not a database"):
            attempt(url(file))
    assert file.read_bytes() == content


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"):
        migrate(f"sqlite:///{tmp_path / 'nowhere' / 'state.sqlite'}")


def test_the_same_migrations_speak_postgresql() -> None:
    config = configuration()
    config.output_buffer = text = io.StringIO()
    config.attributes["dialect"] = "postgresql"
    command.upgrade(config, "head", sql=True)
    sql = text.getvalue()
    assert "sqlite" not in sql.lower() and "RAISE(ABORT" not in sql
    assert len(re.findall("CREATE TRIGGER billing_", sql)) == 8
    assert "BIGSERIAL" in sql and "WHERE removed_at IS NULL" in sql


def test_every_connection_is_durable_and_checks_its_keys(file: Path) -> None:
    migrate(url(file))
    with reading_engine(url(file), 1).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5_000,
        "query_only": 1,
    }
