"""Migrations on both databases: from nothing and from each earlier release with rows in it, to exactly our models."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Integer, LargeBinary, MetaData, Table, create_engine, insert, inspect, select, text

from headend.domain.errors import ConfigError, StoreUnavailable
from headend.stores.state import StateDatabase, migrate
from headend.stores.state.engine import writing_engine
from headend.stores.state.migration import check_migrated, configuration
from headend.stores.state.models import Model
from tests.contract.conftest import DATABASES
from tests.fakes.postgresql import PostgreSql

REVISIONS = sorted(script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions())
GUARDS = (
    "SELECT tablename, indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    "SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype <> 'n'"
    " AND connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass",
    "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'",
)


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.sqlite'}"
        return
    server: PostgreSql = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield server.url(name)


def at_revision(url: str, revision: str) -> None:
    config, engine = configuration(), writing_engine(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def filled(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Two rows in each table there is, and what they are."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                connection.execute(insert(table), [row(table, number) for number in (1, 2)])
    return rows_of(engine, tables)


def row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: cell(column.name, column.type, number) for column in table.columns}


def cell(name: str, kind: Any, number: int) -> object:
    if name == "position":
        return number - 1  # a batch says how many lines it has; places beyond that are refused
    if isinstance(kind, Integer):
        return number
    return bytes([number, 0, 255]) if isinstance(kind, LargeBinary) else f"{number}"


def rows_of(engine: Engine, tables: MetaData) -> dict[str, list[dict[str, Any]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted((dict(one) for one in connection.execute(select(table)).mappings()), key=str)
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def test_the_migrations_make_exactly_the_tables_of_the_models(empty_url: str) -> None:
    migrate(empty_url)
    check_migrated(empty_url)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Model.metadata) == []
    engine.dispose()


def test_keys_and_partial_indexes_are_those_of_the_models_word_for_word(postgresql: PostgreSql) -> None:
    with postgresql.database() as migrated, postgresql.database() as modelled:
        migrate(postgresql.url(migrated))
        at_revision(postgresql.url(modelled), "base")
        engines = [create_engine(postgresql.url(name)) for name in (migrated, modelled)]
        Model.metadata.create_all(engines[1])
        for question in GUARDS:
            found = []
            for engine in engines:
                with engine.connect() as connection:
                    found.append(sorted(map(str, connection.execute(text(question)))))
                engine.dispose()
            assert found[0] == found[1] != []


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_an_earlier_release_keeps_every_row(empty_url: str, revision: str) -> None:
    at_revision(empty_url, revision)
    with pytest.raises(ConfigError, match=f"schema {revision}"):
        check_migrated(empty_url)
    engine = create_engine(empty_url)
    before = filled(engine)
    migrate(empty_url)
    check_migrated(empty_url)
    after = rows_of(engine, reflected(engine))
    assert len(before) == len(inspect(engine).get_table_names()) - 1 - sum(not rows for rows in after.values())
    for table, rows in before.items():
        assert [{name: one[name] for name in rows[0]} for one in after[table]] == rows, table
    engine.dispose()


def reflected(engine: Engine) -> MetaData:
    tables = MetaData()
    tables.reflect(engine)
    return tables


def test_migrating_twice_is_the_same_as_once(empty_url: str) -> None:
    first = migrate(empty_url)
    engine = create_engine(empty_url)
    before = filled(engine)
    assert migrate(empty_url) == first == REVISIONS[-1]
    assert rows_of(engine, reflected(engine)) == before
    engine.dispose()


def test_of_two_who_migrate_at_once_the_second_finds_it_done(empty_url: str) -> None:
    order = [sys.executable, "-c", f"from headend.stores.state import migrate; print(migrate({empty_url!r}))"]
    both = [subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate(timeout=60) for one in both] == [(f"{REVISIONS[-1]}\n", "")] * 2
    check_migrated(empty_url)


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kpi_result (mine INTEGER)"))
    with pytest.raises(StoreUnavailable, match=r"kpi_result.* already exists"):
        migrate(empty_url)
    assert inspect(engine).get_table_names() == ["kpi_result"]
    engine.dispose()


def test_a_database_that_is_not_there_or_has_no_tables_says_what_to_do(postgresql: PostgreSql) -> None:
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        migrate(postgresql.url("nowhere"))
    with postgresql.database() as name, pytest.raises(ConfigError, match="headend migrate"):
        asyncio.run(StateDatabase(postgresql.url(name)).open())


def test_a_password_is_in_no_message(postgresql: PostgreSql) -> None:
    url = postgresql.url("nowhere").replace("headend@", "headend:hunter2@")
    with pytest.raises(StoreUnavailable) as told:
        migrate(url)
    assert "hunter2" not in str(told.value)
