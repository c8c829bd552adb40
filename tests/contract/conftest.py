"""The stores that the contract suites run on, one session's servers for all of them.

Readings: InfluxDB as a double, the double in front of a real storage engine, a server of yours.
State: nothing (a suite takes its twin in memory), SQLite, a real PostgreSQL; each test has a fresh database.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from headend.stores.state import StateDatabase, migrate
from tests.fakes.influxdb import DoubleInfluxDb, double_influxdb
from tests.fakes.influxdb.engine import EnginePoints, running_influxd
from tests.fakes.influxdb.stores import NewStore, new_stores
from tests.fakes.influxdb.yours import your_store
from tests.fakes.postgresql import PostgreSql, running_postgresql

DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def double() -> Iterator[DoubleInfluxDb]:
    with double_influxdb() as double:
        yield double


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoubleInfluxDb]:
    with (
        running_influxd(tmp_path_factory.mktemp("influxd")) as port,
        double_influxdb(lambda bucket: EnginePoints(port, bucket)) as double,
    ):
        yield double


@pytest.fixture
def influxdb_double(double: DoubleInfluxDb) -> NewStore:
    return new_stores(double)


@pytest.fixture
def influxdb_engine(engine: DoubleInfluxDb) -> NewStore:
    return new_stores(engine)


@pytest.fixture
def influxdb_of_yours() -> NewStore:
    return your_store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSql]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("state") / "migrated.sqlite"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql: PostgreSql) -> Iterator[str]:
    with postgresql.database() as name:
        migrate(postgresql.url(name))
        yield name


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'state.sqlite')}"


@pytest.fixture
def postgresql_url(postgresql: PostgreSql, migrated_database: str) -> str:
    postgresql.empty(migrated_database)
    return postgresql.url(migrated_database)


@pytest.fixture(params=DATABASES)
def state_url(request: pytest.FixtureRequest) -> str:
    """A migrated state database with nothing in it."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest_asyncio.fixture(params=["memory", *DATABASES])
async def state_database(request: pytest.FixtureRequest) -> AsyncIterator[StateDatabase | None]:
    """The same, opened; None where the suite takes its twin in memory."""
    if request.param == "memory":
        yield None
        return
    database = StateDatabase(request.getfixturevalue(f"{request.param}_url"))
    await database.open()
    yield database
    await database.close()
