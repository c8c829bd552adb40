"""The MQTT faces: all meters behind one client of a broker, as behind a gateway. Each tells its state every minute,
spread over the minute, and at once when asked. What is said on which topics is a voice: JSON, ESPHome or Sparkplug B.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Final

import aiomqtt

from simulators.errors import ListenError
from simulators.faces.mqtt_esphome import EsphomeVoice
from simulators.faces.mqtt_sparkplug import SparkplugVoice
from simulators.faces.mqtt_state import JsonVoice
from simulators.faces.mqtt_voice import MakeVoice, Said
from simulators.meter import SimulatedMeter
from simulators.simulation import Face, Simulation
from simulators.witness import Exchange

PROTOCOL = "mqtt"
TICKS, TICK_S = 60, 1.0  # every meter once in a minute
RETRY_S = 2.0
TIMEOUT_S = 3.0
KEEPALIVE_S = 20
LARGEST_BACKLOG = 10_000


@asynccontextmanager
async def _face(make_voice: MakeVoice, simulation: Simulation) -> AsyncIterator[str]:
    """Publish to a broker while the block runs; ListenError when it is not there at the start."""
    if simulation.url.scheme != "mqtt":
        raise ListenError(f"cannot publish to {simulation.url}: mqtt takes mqtt://host:port")
    fleet = MqttFleet(simulation, make_voice)
    publishing = asyncio.create_task(fleet.run())  # no task group: it would wrap the caller's errors
    try:
        await fleet.is_published
        first, last = fleet.voice.place(simulation.meters[0]), fleet.voice.place(simulation.meters[-1])
        yield f"{simulation.url} topic" + (f" {first}" if first == last else f"s {first} to {last}")
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


mqtt_face: Final[Face] = partial(_face, JsonVoice)
esphome_face: Final[Face] = partial(_face, EsphomeVoice)
sparkplug_face: Final[Face] = partial(_face, SparkplugVoice)


class MqttFleet:
    """The client of all meters. `is_published` is done when it is connected, or failed when it cannot be."""

    def __init__(self, simulation: Simulation, make_voice: MakeVoice) -> None:
        self._url, self._now, self._witness = simulation.url, simulation.now, simulation.witness
        self._order, self.voice = simulation.meters, make_voice(simulation.meters)
        self._floor = asyncio.Lock()  # whoever has it says all of its messages before the next begins
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
                await client.subscribe(self.voice.requests, qos=1)
            await self._say(client, lambda: self.voice.greet(self._now()), b"")
            if not self.is_published.done():
                self.is_published.set_result(None)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._answer(client))
                group.create_task(self._publish_in_turn(client))

    async def _publish_in_turn(self, client: aiomqtt.Client) -> None:
        while True:
            for tick in range(TICKS):
                for meter in self._order[tick::TICKS]:
                    await self._say(client, partial(self._tell, meter), b"")
                await _pause(TICK_S)

    def _tell(self, meter: SimulatedMeter) -> Sequence[Said]:
        return self.voice.tell(meter, self._now())

    async def _answer(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if message.retain:
                continue  # a command is never an old one
            topic, payload = str(message.topic), message.payload if isinstance(message.payload, bytes) else b""
            request = topic.encode() + b" " + payload
            await self._say(client, partial(self.voice.answer, topic, payload, self._now()), request)

    async def _say(self, client: aiomqtt.Client, words: Callable[[], Sequence[Said]], request: bytes) -> None:
        """Written down first: what the broker took before it was lost has been said."""
        async with self._floor:
            for said in words():
                reply = said.topic.encode() + b" " + said.payload
                if said.truth is not None:
                    exchange = Exchange(said.truth.as_of, PROTOCOL, said.meter, request, reply, (said.truth,))
                    self._witness.frame(exchange)
                with _cancellable():
                    await client.publish(said.topic, said.payload, qos=said.qos, retain=said.is_retained)

    def _client(self) -> aiomqtt.Client:
        logger = logging.getLogger("simulators.mqtt")
        logger.setLevel(logging.CRITICAL)  # losses are met by connecting again
        will = self.voice.will(self._now())
        client = aiomqtt.Client(
            self._url.host,
            self._url.port,
            will=aiomqtt.Will(will.topic, will.payload, qos=will.qos, retain=will.is_retained),
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
