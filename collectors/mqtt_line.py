"""The way to meters over an MQTT broker: one connection, owned by one task, for any number of meters.

A message counts as received, and is acknowledged, when its readings are durable. Meters that are asked share the
connection without waiting for one another. Refuses to guess: a message of a topic that no meter has is let go.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collectors.backoff import Backoff
from collectors.drivers.mqtt import MqttDriver, Request, State
from collectors.line_urls import LineUrl
from collectors.lines import SOURCE_OF
from collectors.transports.broker import BrokerConnection, BrokerMessage, connect
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import LineDown, QueueFull, StoreUnavailable
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading, ReadingSource
from headend.ports import Clock, ReadingSink

LONGEST_RETRY_S = 5.0
STORE_RETRY_S = 1.0
MOST_WAITING = 1_000


@dataclass(slots=True)
class MqttCounters:
    """What happened on the line since start."""

    messages: int = 0
    strays: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Listening:
    """What a line does with messages that nobody asked for.

    With an identifier the broker keeps them while the line is away. Without a sink they only answer questions.
    """

    identifier: str = ""
    sink: ReadingSink | None = None


@dataclass(eq=False, slots=True)
class _Reader:
    """Somebody who waits for a meter's next state, and what was asked for it."""

    source: ReadingSource
    state: asyncio.Future[State]
    request: Request | None = None
    asked_at: datetime | None = None


class MqttLine:
    """FieldLine over a broker."""

    lanes = 32

    def __init__(
        self,
        url: LineUrl,
        driver: MqttDriver,
        listening: Listening,
        *,
        clock: Clock,
        on_state: Callable[[str | None], None],
    ) -> None:
        self._url, self._driver, self._listening = url, driver, listening
        self._clock, self._on_state = clock, on_state
        self._backoff = Backoff()
        self._watched: dict[str, MeterInstallation] = {}
        self._visited: dict[str, MeterInstallation] = {}
        self._readers: defaultdict[str, list[_Reader]] = defaultdict(list)
        self._broker: BrokerConnection | None = None
        self._subscribed = set[str]()
        self._denied = frozenset[str]()
        self._is_told, self._wants_change, self._has_changed = asyncio.Event(), asyncio.Event(), asyncio.Condition()
        self.counters = MqttCounters()

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """Listen to exactly these meters from now on, and keep what they say."""
        self._watched = {self._driver.topic(installation): installation for installation in installations}
        self._is_told.set()
        self._wants_change.set()

    async def run(self) -> None:
        """Own the connection until cancelled. A line that keeps readings first wants to know whose."""
        if self._listening.sink is not None:
            await self._is_told.wait()
        while True:
            try:
                await self._serve()
            except* LineDown as lost:
                await self._lose(str(lost.exceptions[0]))
            await self._clock.sleep(min(LONGEST_RETRY_S, max(0.0, self._backoff.remaining(self._clock.monotonic()))))

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See FieldLine."""
        return self._driver.periodic_items(installation)

    async def read(
        self, installation: MeterInstallation, items: Sequence[str], priority: Priority, deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        source = SOURCE_OF[priority]
        topic = self._driver.topic(installation)
        try:
            async with asyncio.timeout(deadline_s):
                state = await self._next_state(installation, topic, source)
        except TimeoutError:
            return self._driver.unanswered(installation, items, source, f"nothing came on {topic}")
        return self._driver.answer(installation, items, source, state)

    async def read_daily_freeze(
        self, installation: MeterInstallation, days: Sequence[int], deadline_s: float
    ) -> MeterAnswer:
        """These meters tell only what is."""
        return MeterAnswer(installation, (), ())

    async def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int, deadline_s: float
    ) -> MeterAnswer:
        """These meters tell only what is."""
        return MeterAnswer(installation, (), ())

    async def _serve(self) -> None:
        async with connect(self._url.host, self._url.port, self._listening.identifier) as broker:
            self._subscribed.clear()
            self._wants_change.set()
            self._broker = broker
            if self._backoff.succeed():
                self._on_state(None)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow_wishes(broker))
                group.create_task(self._receive(broker))

    async def _lose(self, reason: str) -> None:
        self._broker = None
        if self._backoff.fail(self._clock.monotonic(), reason):
            self._on_state(reason)
        for reader in [reader for readers in self._readers.values() for reader in readers]:
            if not reader.state.done():
                reader.state.set_exception(LineDown(reason))
        await self._tell_change()

    async def _follow_wishes(self, broker: BrokerConnection) -> None:
        """Keep the subscriptions what they should be."""
        while True:
            await self._wants_change.wait()
            self._wants_change.clear()
            wanted = self._watched.keys() | self._visited.keys()
            gone, new = sorted(self._subscribed - wanted), sorted(wanted - self._subscribed)
            await broker.unsubscribe(gone)
            denied = await broker.subscribe(new)
            self._denied = (self._denied - set(new)) | denied
            self._subscribed = set(wanted)
            await self._tell_change()

    async def _receive(self, broker: BrokerConnection) -> None:
        while True:
            messages = await broker.receive()
            states = [self._state(message) for message in messages]
            await self._keep([reading for state in states for reading in self._readings(state)])
            broker.acknowledge(messages)
            for state in states:
                self._deliver(state)

    def _state(self, message: BrokerMessage) -> State:
        """With the request that it answers, where somebody asked."""
        self.counters.messages += 1
        state = State(message.topic, message.payload, message.is_retained, self._clock.now())
        reader = self._reader_of(state)
        return replace(state, request=reader.request, asked_at=reader.asked_at) if reader else state

    def _reader_of(self, state: State) -> _Reader | None:
        """The first who waits for it; a retained state is old and answers nobody."""
        readers = self._readers.get(state.topic)
        return readers[0] if readers and not state.is_retained else None

    def _readings(self, state: State) -> Sequence[Reading]:
        """All that it tells; kept as the read that asked for it would, so that both are one reading."""
        installation = self._watched.get(state.topic)
        if installation is None:
            if state.topic not in self._visited:
                self.counters.strays += 1
                self._subscribed.add(state.topic)  # left over from an earlier session: unsubscribe
                self._wants_change.set()
            return ()
        reader = self._reader_of(state)
        answer = self._driver.told(installation, state, reader.source if reader else ReadingSource.PUSHED)
        self.counters.unreadable += any(result.error for result in answer.results)
        return answer.readings

    async def _keep(self, readings: Sequence[Reading]) -> None:
        """Until they are durable; meanwhile the broker holds what it may send no more of."""
        if self._listening.sink is None or not readings:
            return
        while True:
            try:
                await self._listening.sink.accept(readings)
            except StoreUnavailable:  # the store tells of itself
                await self._clock.sleep(STORE_RETRY_S)
            else:
                return

    def _deliver(self, state: State) -> None:
        for reader in self._readers.get(state.topic, ()):
            if not state.is_retained and not reader.state.done():
                reader.state.set_result(state)

    async def _next_state(self, installation: MeterInstallation, topic: str, source: ReadingSource) -> State:
        """The next state that comes, at once where the meter can be asked. LineDown, QueueFull, TimeoutError."""
        if len(self._readers) >= MOST_WAITING:
            raise QueueFull(f"{self._url} has {len(self._readers)} meters waiting")
        if topic not in self._watched:
            self._visited[topic] = installation
            self._wants_change.set()
        reader = _Reader(source, asyncio.get_running_loop().create_future())
        self._readers[topic].append(reader)
        try:
            broker = await self._listening_to(topic)
            return await self._ask(broker, installation, reader)
        finally:
            if not reader.state.cancel() and not reader.state.cancelled():
                reader.state.exception()  # it was told of a loss that nobody waited for any more
            self._readers[topic].remove(reader)
            if not self._readers[topic]:
                del self._readers[topic]
                self._visited.pop(topic, None)
                self._wants_change.set()

    async def _listening_to(self, topic: str) -> BrokerConnection:
        async with self._has_changed:
            while self._broker is None or topic not in self._subscribed:
                if self._backoff.failures:
                    raise LineDown(self._backoff.reason)
                await self._has_changed.wait()
        if topic in self._denied:
            raise LineDown(f"the broker denies the subscription to {topic}")
        return self._broker

    async def _ask(self, broker: BrokerConnection, installation: MeterInstallation, reader: _Reader) -> State:
        request = self._driver.request(installation)
        if request is None:
            return await reader.state
        timeout_s, attempts = self._driver.patience(installation)
        reader.request, reader.asked_at = request, self._clock.now()
        for _ in range(attempts):
            await broker.publish(request.topic, request.payload)
            done, _pending = await asyncio.wait([reader.state], timeout=timeout_s)
            if done:
                return reader.state.result()
        raise TimeoutError

    async def _tell_change(self) -> None:
        async with self._has_changed:
            self._has_changed.notify_all()
