"""A site whose readings are in InfluxDB: its server goes and returns, refuses, and no readings are lost over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from headend.bootstrap.stores import Stores, open_stores, prepare
from headend.clock import SystemClock
from headend.domain.events import EndDeviceEvent, EventKind
from headend.settings import load_settings
from tests.fakes.batches import START_US, Row, at, batch, shipped_types
from tests.fakes.influxdb import ORG, TOKEN, DoubleInfluxDb, Fault, double_influxdb
from tests.fakes.influxdb.points import MemoryPoints
from tests.fakes.processes import run_headend

AWAY = [Fault(cut_before=True)] * 1_000


class HurriedClock(SystemClock):
    """Waiting takes no time."""

    def __init__(self) -> None:
        self._slept = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._slept

    async def sleep(self, seconds: float) -> None:
        self._slept += seconds


CLOCK = HurriedClock()


@pytest.fixture
def double() -> Iterator[DoubleInfluxDb]:
    with double_influxdb() as double:
        double.make_bucket("readings")
        yield double


@pytest.fixture
def site(double: DoubleInfluxDb, tmp_path: Path) -> Path:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    block = f"{{url: '{double.url}', org: {ORG}, bucket: readings, token_file: token}}"
    (tmp_path / "site.yaml").write_text(f"data:\n  readings: influxdb\n  influxdb: {block}\n")
    return tmp_path / "site.yaml"


@asynccontextmanager
async def stores_of(site: Path) -> AsyncIterator[Stores]:
    directory = site.parent / "data"
    prepare(directory, load_settings(site).data)
    async with open_stores(directory, shipped_types(), CLOCK, load_settings(site).data) as stores:
        yield stores


async def events_of(stores: Stores) -> Sequence[EndDeviceEvent]:
    return sorted(await stores.events.recent(50), key=lambda event: event.id)


async def values_of(stores: Stores) -> list[int]:
    return [reading.scaled for reading in await stores.readings.series(1, [1], at(-99), at(99))]


@pytest.mark.asyncio
async def test_readings_wait_in_the_spool_while_the_server_is_away(site: Path, double: DoubleInfluxDb) -> None:
    double.faults.extend(AWAY)
    async with stores_of(site) as stores:
        for slot in range(3):
            assert await stores.readings.append(batch(Row(slot, slot))) == 1
        assert stores.readings.is_spooling and not await stores.readings.drain()
    double.faults.clear()
    await CLOCK.sleep(60)
    async with stores_of(site) as stores:
        assert await stores.readings.append(batch(Row(3, 3))) == 1
        assert not stores.readings.is_spooling
        assert await values_of(stores) == [0, 1, 2, 3]
        down, up = await events_of(stores)
        assert (down.kind, up.kind) == (EventKind.STORE_DOWN, EventKind.STORE_UP)
        assert "the InfluxDB bucket readings at" in down.detail and TOKEN not in down.detail


@pytest.mark.asyncio
async def test_what_is_refused_is_told_and_stops_nothing(site: Path, double: DoubleInfluxDb) -> None:
    points = double.buckets["readings"]
    assert isinstance(points, MemoryPoints)
    points.retention_from = START_US * 1_000
    async with stores_of(site) as stores:
        assert await stores.readings.append(batch(Row(-1, 1), Row(0, 2))) == 1
        assert not stores.readings.is_spooling
        [event] = await events_of(stores)
    assert event.kind is EventKind.READINGS_REFUSED
    assert "1 readings kept in" in event.detail and "points beyond retention policy" in event.detail
    assert len(list((site.parent / "data" / "refused").glob("*.spool"))) == 1


@pytest.mark.asyncio
async def test_what_was_refused_can_be_offered_again(site: Path, double: DoubleInfluxDb) -> None:
    points = double.buckets["readings"]
    assert isinstance(points, MemoryPoints)
    points.retention_from = START_US * 1_000
    async with stores_of(site) as stores:
        await stores.readings.append(batch(Row(-1, 1), Row(0, 2)))
    points.retention_from = 0
    [kept] = (site.parent / "data" / "refused").glob("*.spool")
    kept.rename(site.parent / "data" / "spool" / f"{1:020d}.spool")  # as docs/stores.md says
    async with stores_of(site) as stores:
        assert await values_of(stores) == [1, 2]


@pytest.mark.asyncio
async def test_the_token_is_in_no_file_but_its_own(site: Path) -> None:
    async with stores_of(site) as stores:
        await stores.readings.append(batch(Row(0, 1)))
    files = [path for path in site.parent.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert files == [site.parent / "token"]


def test_a_site_with_influxdb_is_looked_over(site: Path) -> None:
    done = run_headend("check-config", "--site", str(site))
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
