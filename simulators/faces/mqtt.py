"""The MQTT face: all meters behind one client of a broker, as behind a gateway. Each publishes its state every minute,
spread over the minute, and at once when asked on `meters/ADDRESS/get`. The broker tells when the client is lost.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import aiomqtt

from simulators.errors import ListenError
from simulators.faces.mqtt_state import REQUESTS, requested_address, state_topic, tell_state
from simulators.meter import SimulatedMeter
from simulators.simulation import Simulation
from simulators.witness import Exchange

PROTOCOL = "mqtt"
QOS = 1
TICKS, TICK_S = 60, 1.0  # every meter once in a minute
RETRY_S = 2.0
TIMEOUT_S = 3.0
KEEPALIVE_S = 20
LARGEST_BACKLOG = 10_000


@asynccontextmanager
async def mqtt_face(simulation: Simulation) -> AsyncIterator[str]:
    """Publish to a broker while the block runs; ListenError when it is not there at the start."""
    if simulation.url.scheme != "mqtt":
        raise ListenError(f"cannot publish to {simulation.url}: mqtt takes mqtt://host:port")
    fleet = MqttFleet(simulation)
    publishing = asyncio.create_task(fleet.run())  # no task group: it would wrap the caller's errors
    try:
        await fleet.is_published
        yield f"{simulation.url} topic{_topics(simulation.meters)}"
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


def _topics(meters: Sequence[SimulatedMeter]) -> str:
    first, last = state_topic(meters[0].address), state_topic(meters[-1].address)
    return f" {first}" if len(meters) == 1 else f"s {first} to {last}"


class MqttFleet:
    """The client of all meters. `is_published` is done when it is connected, or failed when it cannot be."""

    def __init__(self, simulation: Simulation) -> None:
        self._url, self._now, self._witness = simulation.url, simulation.now, simulation.witness
        self._meters: Mapping[str, SimulatedMeter] = {meter.address: meter for meter in simulation.meters}
        self._order = simulation.meters
        self.is_published: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Publish and answer until cancelled; after a loss connect again."""
        while True:
            try:
                await self._serve()
            except* aiomqtt.MqttError as lost:
                if not self.is_published.done():
                    self.is_published.set_exception(ListenError(f"cannot publish to {self._url}: {_reason(lost)}"))
            if self.is_published.exception() is not None:
                return
            await _pause(RETRY_S)

    async def _serve(self) -> None:
        async with AsyncExitStack() as stack:
            with _cancellable():
                client = await stack.enter_async_context(self._client())
                await client.subscribe(REQUESTS, qos=QOS)
                await client.publish(self._status_topic, "online", qos=QOS, retain=True)
            if not self.is_published.done():
                self.is_published.set_result(None)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._answer(client))
                group.create_task(self._publish_in_turn(client))

    async def _publish_in_turn(self, client: aiomqtt.Client) -> None:
        while True:
            for tick in range(TICKS):
                for meter in self._order[tick::TICKS]:
                    await self._publish(client, meter, b"")
                await _pause(TICK_S)

    async def _answer(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            meter = self._meters.get(requested_address(str(message.topic)))
            if meter is not None and not message.retain:
                request = message.payload if isinstance(message.payload, bytes) else b""
                await self._publish(client, meter, str(message.topic).encode() + b" " + request)

    async def _publish(self, client: aiomqtt.Client, meter: SimulatedMeter, request: bytes) -> None:
        """Written down first: what the broker took before it was lost has been said."""
        at = self._now()
        state = tell_state(meter, at)
        reply = state.topic.encode() + b" " + state.payload
        self._witness.frame(Exchange(at, PROTOCOL, meter.address, request, reply, (state.truth,)))
        with _cancellable():
            await client.publish(state.topic, state.payload, qos=QOS)

    @property
    def _status_topic(self) -> str:
        return f"gateways/{self._order[0].address}/status"

    def _client(self) -> aiomqtt.Client:
        logger = logging.getLogger("simulators.mqtt")
        logger.setLevel(logging.CRITICAL)  # losses are met by connecting again
        client = aiomqtt.Client(
            self._url.host,
            self._url.port,
            will=aiomqtt.Will(self._status_topic, "offline", qos=QOS, retain=True),
            timeout=TIMEOUT_S,
            keepalive=KEEPALIVE_S,
            max_queued_incoming_messages=LARGEST_BACKLOG,
            logger=logger,
        )
        client.pending_calls_threshold = LARGEST_BACKLOG
        return client


def _reason(lost: BaseExceptionGroup[aiomqtt.MqttError]) -> str:
    first: BaseException = lost
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)


async def _pause(seconds: float) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = asyncio.get_running_loop().call_later(seconds, done.set_result, None)
    try:
        await done
    finally:
        timer.cancel()


@contextmanager
def _cancellable() -> Iterator[None]:
    """aiomqtt waits by `asyncio.wait_for`, which before Python 3.12 forgets a cancellation that meets the result."""
    task = asyncio.current_task()
    assert task is not None
    seen = task.cancelling()  # a failed TaskGroup leaves its own behind
    yield
    if task.cancelling() > seen:
        raise asyncio.CancelledError
