"""An InfluxDB 2 server of yours, for `make test-influxdb`: a bucket without readings, cleared again after each test.

Refuses a bucket that holds readings of a head-end. Deletes our three measurements and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from headend.clock import SystemClock, SystemRandom
from headend.stores.readings.influxdb import InfluxDbReadingStore, InfluxDbServer, InfluxDbSettings
from headend.stores.readings.influxdb.flux import Flux
from headend.stores.readings.influxdb.points import FRAME, HEARD, OLDEST_NS, READING
from tests.fakes.influxdb.stores import opened

VARIABLE = "HEADEND_TEST_INFLUXDB_"
url = os.environ.get(f"{VARIABLE}URL", "")
LONG_AGO, LONG_AHEAD = datetime(1700, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


class BucketInUse(Exception):
    """There are readings in it."""


def your_settings() -> InfluxDbSettings:
    """From the environment."""
    org, bucket, token_file = (os.environ[VARIABLE + name] for name in ("ORG", "BUCKET", "TOKEN_FILE"))
    return InfluxDbSettings(url, org, bucket, Path(token_file).read_text(encoding="utf-8").strip())


@asynccontextmanager
async def emptied(settings: InfluxDbSettings) -> AsyncIterator[InfluxDbSettings]:
    """The bucket, refused when readings are in it, cleared of ours afterwards."""
    flux, server = Flux(settings.bucket), InfluxDbServer(settings, SystemClock(), SystemRandom())
    await server.open()
    for text in (flux.newest_times(), flux.newest_frame(), flux.heard(OLDEST_NS)):
        if (await server.query(text)).strip():
            await server.close()
            raise BucketInUse(f"bucket {settings.bucket} holds readings: give one of its own, they would be deleted")
    await server.close()
    try:
        yield settings
    finally:
        async with InfluxDBClientAsync(settings.url, settings.token, settings.org, timeout=30_000) as client:
            for measurement in (READING, FRAME, HEARD):
                predicate = f'_measurement="{measurement}"'
                await client.delete_api().delete(LONG_AGO, LONG_AHEAD, predicate, bucket=settings.bucket)


@asynccontextmanager
async def your_store() -> AsyncIterator[InfluxDbReadingStore]:
    """A reading store in your bucket."""
    async with emptied(your_settings()) as settings, opened(settings) as store:
        yield store
