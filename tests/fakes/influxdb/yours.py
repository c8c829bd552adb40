"""An InfluxDB 2 server of yours, for `make test-influxdb`: an empty bucket that is emptied again after each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from headend.stores.readings.influxdb import InfluxDbReadingStore, InfluxDbSettings
from tests.fakes.influxdb.stores import opened

VARIABLE = "HEADEND_TEST_INFLUXDB_"
url = os.environ.get(f"{VARIABLE}URL", "")
LONG_AGO, LONG_AHEAD = datetime(1700, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


def your_settings() -> InfluxDbSettings:
    """From the environment."""
    org, bucket, token_file = (os.environ[VARIABLE + name] for name in ("ORG", "BUCKET", "TOKEN_FILE"))
    return InfluxDbSettings(url, org, bucket, Path(token_file).read_text(encoding="utf-8").strip())


@asynccontextmanager
async def emptied(settings: InfluxDbSettings) -> AsyncIterator[InfluxDbSettings]:
    """The bucket, refused when something is in it, emptied afterwards."""
    async with InfluxDBClientAsync(settings.url, settings.token, settings.org, timeout=30_000) as client:
        everything = (
            f'from(bucket: "{settings.bucket}") |> range(start: 1700-01-01T00:00:00Z, stop: 2262-01-01T00:00:00Z)'
        )
        found = await client.query_api().query_raw(f"{everything} |> limit(n: 1)")
        assert not found.strip(), f"bucket {settings.bucket} is not empty: give a new one, its content would be deleted"
        yield settings
        await client.delete_api().delete(LONG_AGO, LONG_AHEAD, "", bucket=settings.bucket)


@asynccontextmanager
async def your_store() -> AsyncIterator[InfluxDbReadingStore]:
    """A reading store in your bucket."""
    async with emptied(your_settings()) as settings, opened(settings) as store:
        yield store
