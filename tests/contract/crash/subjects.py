"""What is killed: each subject writes item N durably, and can say which items are whole, cut or doubled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Self

import duckdb

from headend.clock import SystemClock, SystemRandom
from headend.domain.billing import (
    BillingLine,
    BillingPeriod,
    BillingRefusal,
    EdgeReading,
    RefusalReason,
    digest,
)
from headend.domain.readings import RawFrame, ReadingBatch
from headend.stores.readings import DuckDbReadingStore
from headend.stores.readings.influxdb import InfluxDbServer, InfluxDbSettings
from headend.stores.readings.influxdb.answers import versions
from headend.stores.readings.influxdb.flux import EVER, Flux
from headend.stores.spool import Spool, SpoolSettings
from headend.stores.state import SqlBillingLedger, StateDatabase, migrate
from tests.fakes.batches import Row, batch, shipped_types
from tests.fakes.influxdb import ORG, TOKEN
from tests.fakes.influxdb.stores import influxdb_store

ROWS = 15


class Subject(ABC):
    """Opened on entry. `found` counts every item that is there whole; a part of one is an AssertionError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None:
        return None

    @abstractmethod
    async def write(self, number: int) -> None: ...

    @abstractmethod
    async def found(self) -> Mapping[int, int]: ...


def item(number: int) -> ReadingBatch:
    """Fifteen readings of meter `number`, each with its frame."""
    rows = [
        Row(number, number, number, n + 1, frame=RawFrame(b"%d" % number, b"%d-%d" % (number, n))) for n in range(ROWS)
    ]
    return batch(*rows)


class Readings(Subject):
    """The DuckDB store."""

    async def __aenter__(self) -> Self:
        self.store = DuckDbReadingStore(self.path / "readings.duckdb", shipped_types())
        await self.store.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def write(self, number: int) -> None:
        await self.store.append(item(number))

    async def found(self) -> Mapping[int, int]:
        await self.store.close()
        query = """
            select installation, count(*), count(distinct reading_type), count(distinct f.id)
            from reading r left join raw_frame f
                on f.id = r.frame and f.reply = encode(installation || '-' || (reading_type - 1))
            group by installation"""
        with duckdb.connect(str(self.path / "readings.duckdb")) as connection:
            rows = connection.execute(query).fetchall()
        await self.store.open()
        for number, count, types, frames in rows:
            assert count % ROWS == 0 and types == ROWS and frames == count, f"item {number} is cut: {count} rows"
            assert len(await self.store.latest(number)) == ROWS
        return {number: count // ROWS for number, count, _, _ in rows}


class InfluxDb(Subject):
    """The InfluxDB store; `server` in the folder holds URL and bucket of a double that outlives the writers."""

    async def __aenter__(self) -> Self:
        url, bucket = (self.path / "server").read_text().split()
        self.settings = InfluxDbSettings(url, ORG, bucket, TOKEN)
        self.store = influxdb_store(self.settings)
        await self.store.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def write(self, number: int) -> None:
        await self.store.append(item(number))

    async def found(self) -> Mapping[int, int]:
        server = InfluxDbServer(self.settings, SystemClock(), SystemRandom())
        await server.open()
        rows = versions(await server.query(Flux(self.settings.bucket).readings(EVER)))
        await server.close()
        numbers = Counter(rows.installation.tolist())
        for number in [*numbers][-8:]:  # the ones that were under way; the others were looked at before
            for reading in await self.store.latest(number):
                assert reading.frame_id is not None
                frame = await self.store.frame(reading.frame_id)
                assert frame == RawFrame(b"%d" % number, b"%d-%d" % (number, reading.reading_type.id - 1))
        assert all(count % ROWS == 0 for count in numbers.values()), "an item is cut"
        return {number: count // ROWS for number, count in numbers.items()}


class Spooled(Subject):
    """The spool, with segments so small that many begin and end."""

    async def __aenter__(self) -> Self:
        self.spool = Spool(self.path / "spool", SpoolSettings(segment_bytes=60_000))
        self.cut = self.spool.open()
        return self

    async def write(self, number: int) -> None:
        self.spool.append(item(number))

    async def found(self) -> Mapping[int, int]:
        numbers: Counter[int] = Counter()
        for _, rows in self.spool.replay():
            number = int(rows.installation[0])
            assert [c.tolist() for c in rows.columns()] == [c.tolist() for c in item(number).columns()]
            assert rows.frames == item(number).frames
            numbers[number] += 1
        return numbers


def period(number: int) -> BillingPeriod:
    start = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=number)
    return BillingPeriod(f"P{number}", start, start + timedelta(days=1))


def bill(number: int) -> tuple[list[BillingLine], list[BillingRefusal]]:
    """A batch whose every figure follows from its number."""
    edge = EdgeReading(period(number).start, Decimal(number), 0, "scheduled", number)
    meter = ("UP", "M", number, "active_energy_import")
    lines = [BillingLine(*meter, "kWh", edge, edge, Decimal(n), Decimal(number)) for n in range(1, ROWS)]
    return lines, [BillingRefusal(*meter, RefusalReason.NO_READING_AT_END, str(n)) for n in range(ROWS)]


class Ledger(Subject):
    """The billing ledger on SQLite."""

    async def __aenter__(self) -> Self:
        url = f"sqlite:///{self.path / 'state.sqlite'}"
        migrate(url)
        self.database = StateDatabase(url)
        await self.database.open()
        self.ledger = SqlBillingLedger(self.database)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def write(self, number: int) -> None:
        await self.ledger.close(period(number), period(number).end, *bill(number))

    async def found(self) -> Mapping[int, int]:
        numbers: Counter[int] = Counter()
        for closed in await self.ledger.batches():
            number = int(closed.period[1:])
            frozen = await self.ledger.lines(closed.id), await self.ledger.refusals(closed.id)
            assert (list(frozen[0]), list(frozen[1])) == bill(number), f"batch {number} is cut"
            assert digest(period(number), *frozen) == closed.sha256
            numbers[number] += 1
        return numbers


SUBJECTS: Mapping[str, Callable[[Path], Subject]] = {
    "readings": Readings,
    "influxdb": InfluxDb,
    "spool": Spooled,
    "ledger": Ledger,
}
