"""InfluxDB for the contract suites: the double, the double in front of a real storage engine, a server of yours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.influxdb import DoubleInfluxDb, double_influxdb
from tests.fakes.influxdb.engine import EnginePoints, running_influxd
from tests.fakes.influxdb.stores import NewStore, new_stores
from tests.fakes.influxdb.yours import your_store


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
