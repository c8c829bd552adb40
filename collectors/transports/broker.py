"""One connection to an MQTT broker through aiomqtt. Loses nothing on its own account and reconnects never.

aiomqtt acknowledges a message on arrival, before anybody saw it; here the caller acknowledges, when the message is in
safety. That needs paho's manual acknowledgement (aiomqtt issue 345), the one private thing used, and only here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiomqtt

from collectors.transports.broker_access import BrokerAccess, Credentials
from collectors.transports.broker_losses import HUNG_UP, Overheard, in_words
from headend.domain.errors import ConfigError, LineDown

LARGEST_BACKLOG = 10_000
LARGEST_BATCH = 500
TOPICS_PER_SUBSCRIPTION = 100
QOS = 1
DENIED = 0x80
TIMEOUT_S = 3.0
KEEPALIVE_S = 20
TIMED_OUT = "Operation timed out"  # in aiomqtt's words


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """One message; `number` and `qos` are what the broker wants acknowledged."""

    topic: str
    payload: bytes
    is_retained: bool
    number: int
    qos: int


class _Backlog(asyncio.Queue[aiomqtt.Message]):
    """Holds what arrived. Full: the newest are let go, and unacknowledged ones make the connection be renewed."""

    has_let_go = False

    def put_nowait(self, item: aiomqtt.Message) -> None:
        if self.full():
            self.has_let_go = self.has_let_go or item.qos > 0
            return
        super().put_nowait(item)


class BrokerConnection:
    """An open connection; every method raises LineDown once it is lost."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def subscribe(self, topics: Sequence[str]) -> frozenset[str]:
        """Subscribe; gives the topics that the broker denies."""
        denied = set[str]()
        for start in range(0, len(topics), TOPICS_PER_SUBSCRIPTION):
            part = topics[start : start + TOPICS_PER_SUBSCRIPTION]
            with _translated():
                codes = await self._client.subscribe([(topic, QOS) for topic in part])
            denied.update(topic for topic, code in zip(part, codes, strict=False) if _value(code) >= DENIED)
        return frozenset(denied)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Hear no more of these."""
        for start in range(0, len(topics), TOPICS_PER_SUBSCRIPTION):
            with _translated():
                await self._client.unsubscribe(list(topics[start : start + TOPICS_PER_SUBSCRIPTION]))

    async def publish(self, topic: str, payload: bytes) -> None:
        """Send once; what matters about a request is its answer."""
        with _translated():
            await self._client.publish(topic, payload, qos=0)

    async def receive(self) -> Sequence[BrokerMessage]:
        """Wait for messages; takes all that are there, up to a batch."""
        messages = self._client.messages
        with _translated():
            batch = [await anext(messages)]
            for _ in range(min(len(messages), LARGEST_BATCH - 1)):
                batch.append(await anext(messages))
        if getattr(self._client._queue, "has_let_go", False):  # see module docstring
            raise LineDown("too many messages wait; asking the broker for them again")
        return [_message(message) for message in batch]

    def acknowledge(self, messages: Iterable[BrokerMessage]) -> None:
        """The broker may forget these. Those of a lost connection come again on the next one."""
        for message in messages:
            if message.qos > 0:
                self._client._client.ack(message.number, message.qos)  # see module docstring


@asynccontextmanager
async def connect(
    access: BrokerAccess, identifier: str, *, backlog: int = LARGEST_BACKLOG
) -> AsyncIterator[BrokerConnection]:
    """A connection while the block runs; LineDown. With an identifier the broker keeps what comes in its absence."""
    credentials, overheard = _credentials(access), Overheard()
    client = aiomqtt.Client(
        access.host,
        access.port,
        username=access.username or None,
        password=credentials.password,
        tls_context=credentials.tls,
        identifier=identifier or None,
        clean_session=not identifier,
        timeout=TIMEOUT_S,
        keepalive=KEEPALIVE_S,
        queue_type=_Backlog,
        max_queued_incoming_messages=backlog,
        logger=overheard,
    )
    client._client.manual_ack_set(True)  # see module docstring
    client._client.connect_timeout = TIMEOUT_S
    client.pending_calls_threshold = LARGEST_BACKLOG
    cancellations = _Cancellations()
    with _translated(overheard, lambda: access.is_tls and client._client.socket() is None):
        async with client:
            cancellations.raise_new()
            yield BrokerConnection(client)


def _credentials(access: BrokerAccess) -> Credentials:
    """Read anew for every connection, so that renewed certificates need no restart."""
    try:
        return access.open()
    except ConfigError as error:
        raise LineDown(f"broker: {error}") from error


class _Cancellations:
    """aiomqtt waits by `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that meets the result."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._seen = task, task.cancelling()

    def raise_new(self) -> None:
        """Raise again what was forgotten since; older ones are a failed TaskGroup's."""
        if self._task.cancelling() > self._seen:
            raise asyncio.CancelledError


@contextmanager
def _translated(overheard: Overheard | None = None, has_hung_up: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """aiomqtt's one error means that the connection cannot be used; that the broker has gone it calls a time-out."""
    cancellations = _Cancellations()
    try:
        yield
    except aiomqtt.MqttError as error:
        problem = HUNG_UP if str(error) == TIMED_OUT and has_hung_up() else str(error)
        reason = in_words(problem, overheard.last_error if overheard else None)
        raise LineDown(f"broker: {reason}") from error
    cancellations.raise_new()


def _message(message: aiomqtt.Message) -> BrokerMessage:
    payload = message.payload if isinstance(message.payload, bytes) else str(message.payload or "").encode()
    return BrokerMessage(str(message.topic), payload, message.retain, message.mid, message.qos)


def _value(code: object) -> int:
    """MQTT 3.1.1 gives a number, MQTT 5 an object with one."""
    return code if isinstance(code, int) else int(getattr(code, "value", DENIED))
