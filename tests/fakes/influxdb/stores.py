"""The InfluxDB reading store of tests: patient within milliseconds, refusals remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from headend.clock import SystemClock, SystemRandom
from headend.domain.readings import ReadingBatch
from headend.stores.readings.influxdb import InfluxDbReadingStore, InfluxDbServer, InfluxDbSettings
from tests.fakes.batches import shipped_types
from tests.fakes.influxdb.server import ORG, TOKEN, DoubleInfluxDb


@dataclass(slots=True)
class RememberedRefusals:
    """Port `RefusedBatches` in memory."""

    kept: list[tuple[ReadingBatch, str]] = field(default_factory=list)

    async def keep(self, batch: ReadingBatch, reason: str) -> None:
        self.kept.append((batch, reason))


def influxdb_store(settings: InfluxDbSettings, refused: RememberedRefusals | None = None) -> InfluxDbReadingStore:
    """A store that is not open yet."""
    server = InfluxDbServer(settings, SystemClock(), SystemRandom())
    return InfluxDbReadingStore(server, settings.bucket, shipped_types(), refused or RememberedRefusals())


@asynccontextmanager
async def opened(settings: InfluxDbSettings) -> AsyncIterator[InfluxDbReadingStore]:
    """A store, closed with the block."""
    store = influxdb_store(settings)
    await store.open()
    yield store
    await store.close()


def settings_of(double: DoubleInfluxDb, bucket: str, timeout_s: float = 5.0) -> InfluxDbSettings:
    """Settings for a bucket of the double."""
    return InfluxDbSettings(double.url, ORG, bucket, TOKEN, timeout_s, attempts=4, pause_s=0.02, away_s=0.0)


NewStore = Callable[[], AbstractAsyncContextManager[InfluxDbReadingStore]]
NAMES = (f"bucket_{number}" for number in count(1))


def new_stores(double: DoubleInfluxDb) -> NewStore:
    """Makes stores, each in a bucket of its own."""

    def new_store() -> AbstractAsyncContextManager[InfluxDbReadingStore]:
        bucket = next(NAMES)
        double.make_bucket(bucket)
        return opened(settings_of(double, bucket))

    return new_store
