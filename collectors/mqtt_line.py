"""The way to meters over an MQTT broker: one connection, owned by one task, for any number of meters.

A message counts as received, and is acknowledged, when its readings are durable. Meters that are asked share the
connection without waiting for one another. Refuses to guess: a message of a topic that no meter has is let go.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from collectors.backoff import Backoff
from collectors.drivers.mqtt import MqttDriver
from collectors.line_health import LineCounters
from collectors.line_urls import LineUrl
from collectors.lines import SOURCE_OF
from collectors.mqtt.messages import Hearing, MeterNews, Report, Request, State, Station
from collectors.mqtt.stations import Stations
from collectors.transports.broker import BrokerConnection, BrokerMessage, connect
from collectors.transports.broker_access import access_of
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import LineDown, QueueFull, StoreUnavailable
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading, ReadingSource
from headend.ports import Clock, ReadingSink

LONGEST_RETRY_S = 5.0
STORE_RETRY_S = 1.0
WISHES_EVERY_S = 1.0
MOST_WAITING = 1_000


def nobody(news: MeterNews) -> None:
    """Nobody wants the news."""


@dataclass(slots=True)
class MqttCounters(LineCounters):
    """What happened on the line since start; an exchange is a request to a meter."""

    rebirths: int = 0


@dataclass(frozen=True, slots=True)
class Listening:
    """What a line does with messages that nobody asked for, and with what they say of meters beside readings.

    With an identifier the broker keeps them while the line is away. Without a sink they only answer questions.
    """

    identifier: str = ""
    sink: ReadingSink | None = None
    on_news: Callable[[MeterNews], None] = nobody


@dataclass(eq=False, slots=True)
class _Reader:
    """Somebody who waits for what a meter says next, and what was asked for it."""

    items: Sequence[str]
    source: ReadingSource
    is_done: asyncio.Future[None]
    reports: list[Report] = field(default_factory=list)
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
        self._stations = Stations(driver.station_name, driver.station)
        self._readers: defaultdict[MeterInstallation, list[_Reader]] = defaultdict(list)
        self._broker: BrokerConnection | None = None
        self._subscribed = set[str]()
        self._denied = frozenset[str]()
        self._is_told, self._wants_change, self._has_changed = asyncio.Event(), asyncio.Event(), asyncio.Condition()
        self.counters = MqttCounters()

    def health(self) -> LineHealth:
        """See FieldLine."""
        return self.counters.health(sum(map(len, self._readers.values())))

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """Listen to exactly these meters from now on, and keep what they say."""
        self._stations.watch(installations)
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
        if len(self._readers) >= MOST_WAITING:
            raise QueueFull(f"{self._url} has {len(self._readers)} meters waiting")
        reader = _Reader(items, SOURCE_OF[priority], asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(deadline_s):
                await self._wait(installation, reader)
        except TimeoutError:
            if not reader.reports:
                return self._driver.unanswered(installation, items, reader.source, self._silence(installation))
        answer = self._driver.answer(installation, items, reader.source, reader.reports)
        self.counters.told(answer)
        return answer

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
        async with connect(access_of(self._url), self._listening.identifier) as broker:
            self._subscribed.clear()
            self._stations.connected()
            self._wants_change.set()
            self._broker = broker
            self.counters.opened(self._clock.now())
            if self._backoff.succeed():
                self._on_state(None)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow_wishes(broker))
                group.create_task(self._receive(broker))
                group.create_task(self._grant_wishes(broker))

    async def _lose(self, reason: str) -> None:
        self._broker = None
        self.counters.lost(self._clock.now(), reason)
        if self._backoff.fail(self._clock.monotonic(), reason):
            self._on_state(reason)
        for reader in [reader for readers in self._readers.values() for reader in readers]:
            if not reader.is_done.done():
                reader.is_done.set_exception(LineDown(reason))
        await self._tell_change()

    async def _follow_wishes(self, broker: BrokerConnection) -> None:
        """Keep the subscriptions what they should be."""
        while True:
            await self._wants_change.wait()
            self._wants_change.clear()
            wanted = self._stations.filters
            gone, new = sorted(self._subscribed - wanted), sorted(wanted - self._subscribed)
            await broker.unsubscribe(gone)
            denied = await broker.subscribe(new)
            self._denied = (self._denied - set(new)) | denied
            self._subscribed = set(wanted)
            await self._tell_change()

    async def _grant_wishes(self, broker: BrokerConnection) -> None:
        """Ask whoever cannot be understood to tell everything again."""
        while True:
            for station in self._stations:
                request = station.wish(self._clock.now()) if station.filters <= self._subscribed else None
                if request is not None:
                    self.counters.rebirths += 1
                    await broker.publish(request.topic, request.payload)
            await self._clock.sleep(WISHES_EVERY_S)

    async def _receive(self, broker: BrokerConnection) -> None:
        while True:
            messages = await broker.receive()
            hearings = [self._hear(message) for message in messages]
            reports = [report for hearing in hearings for report in hearing.reports]
            await self._keep([reading for report in reports for reading in self._readings(report)])
            broker.acknowledge(messages)
            for report in reports:
                self._deliver(report)
            for news in [news for hearing in hearings for news in hearing.news]:
                if self._stations.is_watched(news.installation):
                    self._listening.on_news(news)

    def _hear(self, message: BrokerMessage) -> Hearing:
        """What it says of whom; with the request that it answers, where somebody asked."""
        self.counters.messages += 1
        station = self._stations.find(message.topic)
        if station is None:
            self.counters.strays += 1
            above = message.topic.rpartition("/")[0]
            self._subscribed.update((message.topic, f"{above}/+"))  # left over from an earlier session: unsubscribe
            self._wants_change.set()
            return Hearing()
        hearing = station.hear(State(message.topic, message.payload, message.is_retained, self._clock.now()))
        return replace(hearing, reports=tuple(self._with_request(report) for report in hearing.reports))

    def _with_request(self, report: Report) -> Report:
        reader = self._reader_of(report)
        if reader is None:
            return report
        return replace(report, state=replace(report.state, request=reader.request, asked_at=reader.asked_at))

    def _reader_of(self, report: Report) -> _Reader | None:
        """The first who waits for it; a retained state is old and answers nobody."""
        readers = self._readers.get(report.installation)
        return readers[0] if readers and not report.state.is_retained else None

    def _readings(self, report: Report) -> Sequence[Reading]:
        """All that it tells; kept as the read that asked for it would, so that both are one reading."""
        if not self._stations.is_watched(report.installation):
            return ()
        reader = self._reader_of(report)
        answer = self._driver.told(report, reader.source if reader else ReadingSource.PUSHED)
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

    def _deliver(self, report: Report) -> None:
        for reader in self._readers.get(report.installation, ()):
            if report.state.is_retained or reader.is_done.done():
                continue
            reader.reports.append(report)
            if self._driver.is_enough(report.installation, reader.items, reader.reports):
                reader.is_done.set_result(None)

    async def _wait(self, installation: MeterInstallation, reader: _Reader) -> None:
        """Until enough came, asked for where the meter can be asked. LineDown, TimeoutError."""
        station = self._stations.visit(installation)
        self._wants_change.set()
        self._readers[installation].append(reader)
        try:
            broker = await self._listening_to(station)
            await self._ask(broker, station, installation, reader)
        finally:
            if not reader.is_done.cancel() and not reader.is_done.cancelled():
                reader.is_done.exception()  # it was told of a loss that nobody waited for any more
            self._readers[installation].remove(reader)
            if not self._readers[installation]:
                del self._readers[installation]
            self._stations.leave(installation)
            self._wants_change.set()

    async def _listening_to(self, station: Station) -> BrokerConnection:
        async with self._has_changed:
            while self._broker is None or not station.filters <= self._subscribed:
                if self._backoff.failures:
                    raise LineDown(self._backoff.reason)
                await self._has_changed.wait()
        denied = sorted(self._denied & station.filters)
        if denied:
            raise LineDown(f"the broker denies the subscription to {denied[0]}")
        return self._broker

    async def _ask(
        self, broker: BrokerConnection, station: Station, installation: MeterInstallation, reader: _Reader
    ) -> None:
        timeout_s, attempts = self._driver.patience(installation)
        request = station.request(installation, self._clock.now())
        if request is None:
            return await reader.is_done
        for _ in range(attempts):
            if request is not None:
                reader.request, reader.asked_at = request, reader.asked_at or self._clock.now()
                await broker.publish(request.topic, request.payload)
                self.counters.exchanges += 1
            asked_at = self._clock.monotonic()
            done, _pending = await asyncio.wait([reader.is_done], timeout=timeout_s)
            if done:
                reader.is_done.result()
                return self.counters.answered(self._clock.monotonic() - asked_at)
            self.counters.timeouts += 1
            request = station.request(installation, self._clock.now())
        raise TimeoutError

    def _silence(self, installation: MeterInstallation) -> str:
        topics = sorted(self._driver.station(installation).filters)
        return f"nothing came on {topics[0]}" + (f" and {len(topics) - 1} more" if topics[1:] else "")

    async def _tell_change(self) -> None:
        async with self._has_changed:
            self._has_changed.notify_all()
