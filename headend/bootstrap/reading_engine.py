"""The reading store that a site chose, opened: a DuckDB file here, or a bucket of an InfluxDB 2 server.

Owns where the token comes from. It goes into the client and nowhere else: no log, no error, no `repr`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from headend.clock import SystemRandom
from headend.domain.errors import ConfigError
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock
from headend.settings import DataSettings, InfluxDbConfig
from headend.stores.one_owner import held
from headend.stores.readings import DuckDbReadingStore
from headend.stores.refused import RefusedFolder
from headend.stores.spooled_store import CheckpointedStore

READINGS_FILE, OWNER_FILE, REFUSED_FOLDER = "readings.duckdb", "influxdb.owner", "refused"
TOKEN_VARIABLE = "HEADEND_INFLUXDB_TOKEN"  # noqa: S105 - the name of the variable, not a token
OnRefused = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def open_reading_engine(
    directory: Path, data: DataSettings, types: ReadingTypeTable, *, clock: Clock, on_refused: OnRefused
) -> AsyncIterator[CheckpointedStore]:
    """The engine of a data directory, held by this process alone; `on_refused` hears what it will never take."""
    if data.influxdb is None:
        duckdb = DuckDbReadingStore(directory / READINGS_FILE, types)
        await duckdb.open()
        try:
            yield duckdb
        finally:
            await duckdb.close()
        return
    refused = RefusedFolder(directory / REFUSED_FOLDER, data.spool_megabytes * 1_000_000, on_refused)
    with held(directory / OWNER_FILE):
        async with _influxdb(data.influxdb, types, clock, refused) as influxdb:
            yield influxdb


@asynccontextmanager
async def _influxdb(
    config: InfluxDbConfig, types: ReadingTypeTable, clock: Clock, refused: RefusedFolder
) -> AsyncIterator[CheckpointedStore]:
    try:
        from headend.stores.readings.influxdb import InfluxDbReadingStore, InfluxDbServer, InfluxDbSettings
    except ImportError as error:
        raise ConfigError(
            "needs the InfluxDB client", key="data.readings", remedy="install it: pip install 'headend[influxdb]'"
        ) from error
    settings = InfluxDbSettings(config.url, config.org, config.bucket, influxdb_token(config), float(config.timeout_s))
    store = InfluxDbReadingStore(InfluxDbServer(settings, clock, SystemRandom()), settings.bucket, types, refused)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def influxdb_token(config: InfluxDbConfig) -> str:
    """The token, from its file or from the environment; ConfigError says what is wrong without saying the token."""
    if not config.token_file:
        token, place = os.environ.get(TOKEN_VARIABLE, ""), f"the environment variable {TOKEN_VARIABLE}"
    else:
        place = config.token_file
        try:
            token = Path(config.token_file).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            words = error.strerror if isinstance(error, OSError) else "it is not ASCII"
            raise _no_token(place, f"cannot be read: {words}") from None
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise _no_token(place, "holds no token" if not token else "holds more than a token")
    return token


def _no_token(place: str, problem: str) -> ConfigError:
    return ConfigError(
        f"{place} {problem}",
        key="data.influxdb.token_file",
        remedy=f"put the token alone into a file that only the head-end may read, or into {TOKEN_VARIABLE}",
    )
