"""One InfluxDB 2 server: writes and queries through its client, bounded retries, foreign errors turned into ours.

Knows no reading. Never says the token: not in an error, not in a log, not in a `repr`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.domain.dialect import Dialect
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from headend.domain.errors import StoreUnavailable
from headend.ports import Clock, Random

TRANSIENT = frozenset({0, 408, 429, 500, 502, 503, 504})
REFUSING = frozenset({400, 413, 422})
PATIENCE = 12  # times the timeout for a question about the whole bucket
REMEDIES = {
    401: "check the token",
    403: "the token may not read and write this bucket",
    404: "check organisation and bucket",
}
DIALECT = Dialect(  # type: ignore[no-untyped-call]  # the client's models are generated without types
    header=True, delimiter=",", annotations=[], comment_prefix="#", date_time_format="RFC3339Nano"
)
NANOSECONDS: WritePrecision = WritePrecision.NS  # type: ignore[assignment]  # a class of plain texts
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class InfluxDbSettings:
    """Where the bucket is and how patient we are: `attempts` of `timeout_s` each, growing pauses up to `pause_s`.

    When all of them failed, nobody waits for the server again for `away_s`: collection goes on behind the spool.
    """

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)
    timeout_s: float = 10.0
    attempts: int = 4
    pause_s: float = 5.0
    away_s: float = 5.0


class WriteRefused(Exception):
    """The server will not take these lines, however often they are sent; some of them may be stored."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(f"{status}: {reason}")


class InfluxDbServer:
    """Open it on the loop that uses it."""

    def __init__(self, settings: InfluxDbSettings, clock: Clock, random: Random) -> None:
        self._settings, self._clock, self._random = settings, clock, random
        self._client: InfluxDBClientAsync | None = None
        self._patient_client: InfluxDBClientAsync | None = None
        self._away_until, self._away_reason = clock.monotonic(), ""

    async def open(self) -> None:
        """Make the clients; nothing is sent."""
        self._client = self._made(self._settings.timeout_s)
        self._patient_client = self._made(self._settings.timeout_s * PATIENCE)

    async def close(self) -> None:
        """Let go of the connections."""
        clients, self._client, self._patient_client = (self._client, self._patient_client), None, None
        for client in clients:
            if client is not None:
                await client.close()  # type: ignore[no-untyped-call]  # so are its clients

    async def write(self, lines: bytes) -> None:
        """All lines are stored on return. WriteRefused, or StoreUnavailable when it is not known or not done."""
        api = self._required(self._client).write_api()

        async def write() -> bool:
            return bool(await api.write(self._settings.bucket, record=lines, write_precision=NANOSECONDS))

        if not await self._asked(write):
            raise StoreUnavailable(f"{self._name} answered a write with something else than 204")

    async def query(self, flux: str) -> bytes:
        """The answer as CSV."""
        return await self._queried(self._required(self._client), flux)

    async def query_everything(self, flux: str) -> bytes:
        """The answer to a question about the whole bucket, for which the server may take its time."""
        return await self._queried(self._required(self._patient_client), flux)

    async def _queried(self, client: InfluxDBClientAsync, flux: str) -> bytes:
        api = client.query_api()

        async def query() -> str:
            return str(await api.query_raw(flux, dialect=DIALECT))

        try:
            return (await self._asked(query)).encode()
        except (WriteRefused, UnicodeDecodeError) as error:
            raise StoreUnavailable(f"{self._name} does not answer the query: {error}") from error

    async def _asked(self, request: Callable[[], Awaitable[Answer]]) -> Answer:
        if self._clock.monotonic() < self._away_until:
            raise StoreUnavailable(self._away_reason)
        cause: Exception
        pause = self._settings.pause_s / 2**self._settings.attempts
        for attempt in range(1, self._settings.attempts + 1):
            try:
                return await request()
            except ApiException as error:
                wait = self._retry_after(error)
                problem, cause = f"{error.status}: {_message(error)}", error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                wait, problem, cause = 0.0, str(error) or type(error).__name__, error
            if attempt == self._settings.attempts or wait > self._settings.pause_s:
                break
            pause *= 2
            await self._clock.sleep(max(wait, self._random.uniform(pause / 2, pause)))
        self._away_until = self._clock.monotonic() + self._settings.away_s
        self._away_reason = f"{self._name} cannot serve, after {attempt} attempts: {problem}"
        raise StoreUnavailable(self._away_reason) from cause

    def _retry_after(self, error: ApiException) -> float:
        """Seconds that the server wants us to wait; raises when asking again would not help."""
        status = error.status or 0
        if status in REFUSING:
            raise WriteRefused(status, _message(error)) from error
        if status not in TRANSIENT:
            remedy = REMEDIES.get(status, "is this an InfluxDB 2 server?")
            raise StoreUnavailable(f"{self._name} says {status}: {_message(error)} ({remedy})") from error
        said = error.headers.get("Retry-After", "") if error.headers else ""
        return float(said) if said.isascii() and said.isdigit() else 0.0

    @property
    def _name(self) -> str:
        return f"the InfluxDB bucket {self._settings.bucket} at {self._settings.url}"

    def _made(self, timeout_s: float) -> InfluxDBClientAsync:
        return InfluxDBClientAsync(
            url=self._settings.url,
            token=self._settings.token,
            org=self._settings.org,
            timeout=round(timeout_s * 1_000),
            enable_gzip=True,
            allow_redirects=False,  # the token goes to nobody else
        )

    def _required(self, client: InfluxDBClientAsync | None) -> InfluxDBClientAsync:
        if client is None:
            raise StoreUnavailable(f"{self._name} is not open")
        return client


def _message(error: ApiException) -> str:
    """What the server said, in one short line."""
    said = error.message or error.reason or "no reason given"
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:300]
