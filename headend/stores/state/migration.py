"""Bringing the state database to the schema of this program, and refusing to serve on any other.

The scripts are found inside the installed package; nothing depends on the working directory.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from headend.domain.errors import ConfigError
from headend.stores.state.engine import reading_engine, sqlite_file, translated, writing_engine

SCRIPTS = "headend.stores:migrations"
REMEDY = "run `headend migrate`"


def migrate(database_url: str) -> str:
    """Bring the database to the newest schema, in one transaction; returns the revision it is at."""
    config = configuration()
    _refuse_unknown(database_url)
    engine = writing_engine(database_url)
    try:
        with translated(database_url), engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return _head()


def check_migrated(database_url: str) -> None:
    """ConfigError with the remedy unless the database has exactly the schema of this program."""
    _refuse_unknown(database_url)
    found = _revision(database_url)
    if found is None:
        raise ConfigError("the state store has no tables yet", file=_place(database_url), remedy=REMEDY)
    if found != _head():
        problem = f"the state store has schema {found}, this program needs {_head()}"
        raise ConfigError(problem, file=_place(database_url), remedy=REMEDY)


def configuration() -> Config:
    """What Alembic needs to find the scripts."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def _refuse_unknown(database_url: str) -> None:
    found = _revision(database_url)
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if found is not None and found not in known:
        problem = f"the state store has schema {found}, which this program does not know"
        raise ConfigError(problem, file=_place(database_url), remedy="start the newer headend that migrated it")


def _revision(database_url: str) -> str | None:
    file = sqlite_file(database_url)
    if file is not None and not file.exists():
        return None  # looking must not make the file
    engine = reading_engine(database_url, 1)
    try:
        with translated(database_url), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _head() -> str:
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def _place(database_url: str) -> str:
    file = sqlite_file(database_url)
    return "" if file is None else str(file)
