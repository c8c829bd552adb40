"""Lines to meters: what every way offers, and the way over a byte stream. The broker's way is `mqtt_line`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from typing import Protocol as Interface

from collectors.channel import Channel, LinePolicy
from collectors.conversation import Conversation, Finding
from collectors.driver import ClockDriver, StreamDriver
from collectors.line_health import LineCounters
from collectors.line_urls import LineUrl
from collectors.talk import LARGEST_ANSWER, Talk
from collectors.transports.echo import EchoPipe
from collectors.transports.pipe import BytePipe
from collectors.transports.serial import SerialSettings, serial_pipe
from collectors.transports.tcp import tcp_pipe
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import ConfigError, MeterRefused
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation, Protocol
from headend.domain.readings import ReadingSource
from headend.ports import Clock, Random

LONG_ANSWERS = {Protocol.DLT698: 1_100}  # bytes of a whole frame, for protocols that know longer ones
RESTS = {Protocol.MODBUS: 3.5}  # characters of silence that mark where a frame begins; others need a turn-round
LineState = Callable[[str | None], None]
SOURCE_OF = {
    Priority.ON_DEMAND: ReadingSource.ON_DEMAND,
    Priority.URGENT: ReadingSource.SCHEDULED,
    Priority.SCHEDULED: ReadingSource.SCHEDULED,
    Priority.BACKFILL: ReadingSource.SCHEDULED,
}


class FieldLine(Interface):
    """A way to some meters. `run()` is its owner task; asks raise QueueFull, LineDown or NoAnswer.

    `lanes`: how many meters may be asked at once; 1 on a bus, where only one may speak.
    """

    @property
    def lanes(self) -> int:
        """See above."""
        ...

    def health(self) -> LineHealth:
        """How it is now."""
        ...

    async def run(self) -> None:
        """Own the line until cancelled."""
        ...

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """The meters of this line that are registered now; a line on which meters report keeps what these say."""
        ...

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """What the schedule asks this meter for; empty when the meter reports by itself."""
        ...

    async def read(
        self, installation: MeterInstallation, items: Sequence[str], priority: Priority, deadline_s: float
    ) -> MeterAnswer:
        """Read items."""
        ...

    async def read_daily_freeze(
        self, installation: MeterInstallation, days: Sequence[int], deadline_s: float
    ) -> MeterAnswer:
        """Registers frozen at midnight."""
        ...

    async def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int, deadline_s: float
    ) -> MeterAnswer:
        """Registers at slot boundaries."""
        ...


class OwnedChannel(Interface):
    """A channel, and whoever owns it while `run()` runs."""

    @property
    def counters(self) -> LineCounters:
        """What it has counted."""
        ...

    def health(self) -> LineHealth:
        """See FieldLine."""
        ...

    async def run(self) -> None:
        """Own it until cancelled."""
        ...

    async def converse(self, talk: Talk[Finding], priority: Priority, deadline_s: float) -> Finding:
        """See Channel."""
        ...


class StreamLine:
    """FieldLine over a channel; several protocols may share it."""

    lanes = 1

    def __init__(self, channel: OwnedChannel, drivers: Mapping[Protocol, StreamDriver]) -> None:
        self._channel, self._drivers = channel, drivers
        self._counters = channel.counters

    def health(self) -> LineHealth:
        """See FieldLine."""
        return self._channel.health()

    async def run(self) -> None:
        """See FieldLine."""
        await self._channel.run()

    def watch(self, installations: Sequence[MeterInstallation]) -> None:
        """Nobody speaks unasked here."""

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See FieldLine."""
        return self._driver(installation).periodic_items(installation)

    async def read(
        self, installation: MeterInstallation, items: Sequence[str], priority: Priority, deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        source = SOURCE_OF[priority]
        answer = await self._converse(
            installation, lambda driver: driver.read(installation, items, source), priority, deadline_s
        )
        self._counters.told(answer)
        return answer

    async def read_daily_freeze(
        self, installation: MeterInstallation, days: Sequence[int], deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        return await self._converse(
            installation, lambda driver: driver.read_daily_freeze(installation, days), Priority.BACKFILL, deadline_s
        )

    async def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int, deadline_s: float
    ) -> MeterAnswer:
        """See FieldLine."""
        return await self._converse(
            installation,
            lambda driver: driver.read_load_profile(installation, start, slots),
            Priority.BACKFILL,
            deadline_s,
        )

    async def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None, deadline_s: float
    ) -> None:
        """See ClockSetter; MeterRefused where the protocol cannot."""
        driver = self._driver(installation)
        if not isinstance(driver, ClockDriver):
            raise MeterRefused("the clock of this meter cannot be set over its protocol")
        talk = Talk(
            protocol=installation.meter.protocol,
            parser=lambda: self._driver(installation).parser(installation.meter.line),
            conversation=lambda: driver.set_clock(installation, remedy, access),
        )
        await self._channel.converse(talk, Priority.ON_DEMAND, deadline_s)

    def _driver(self, installation: MeterInstallation) -> StreamDriver:
        return self._drivers[installation.meter.protocol]

    def _converse(
        self,
        installation: MeterInstallation,
        conversation: Callable[[StreamDriver], Conversation[MeterAnswer]],
        priority: Priority,
        deadline_s: float,
    ) -> Coroutine[Any, Any, MeterAnswer]:  # Any: nothing is yielded or sent
        driver = self._driver(installation)
        talk = Talk(
            protocol=installation.meter.protocol,
            parser=lambda: driver.parser(installation.meter.line),
            conversation=lambda: conversation(driver),
            largest_answer=LONG_ANSWERS.get(installation.meter.protocol, LARGEST_ANSWER),
            rest_characters=RESTS.get(installation.meter.protocol, 1.0),
        )
        return self._channel.converse(talk, priority, deadline_s)


def stream_line(
    url: LineUrl,
    drivers: Mapping[Protocol, StreamDriver],
    clock: Clock,
    on_state: LineState,
    random: Random | None = None,
) -> StreamLine:
    """The line of a tcp or serial URL; ConfigError for settings that no meter speaks. `random`: see Channel."""
    return StreamLine(channel(url, clock, on_state, random=random), drivers)


def channel(
    url: LineUrl,
    clock: Clock,
    on_state: LineState = lambda reason: None,
    wrap: Callable[[BytePipe], BytePipe] = lambda wire: wire,
    *,
    random: Random | None = None,
) -> Channel:
    """The owner-to-be of a tcp or serial line; `wrap` puts something around the bare wire."""
    settings = _serial_settings(url)
    policy = _policy(url, settings)
    if url.scheme == "tcp":
        tcp = _echoing(url, wrap(tcp_pipe(url.host, url.port)))
        return Channel(tcp, clock, policy=policy, on_state=on_state, random=random)
    pipe = serial_pipe(settings)
    return Channel(_echoing(url, wrap(pipe)), clock, policy=policy, on_state=on_state, retune=pipe.retune)


def bare_wire(url: LineUrl) -> BytePipe:
    """The bytes of a tcp or serial line as they are, for whoever speaks no protocol; ConfigError."""
    return tcp_pipe(url.host, url.port) if url.scheme == "tcp" else serial_pipe(_serial_settings(url))


def _echoing(url: LineUrl, pipe: BytePipe) -> BytePipe:
    return EchoPipe(pipe) if url.option("echo", "0") == "1" else pipe


def _policy(url: LineUrl, settings: SerialSettings) -> LinePolicy:
    is_paced = url.scheme == "serial" or bool(url.option("baudrate", ""))
    policy = _paced(settings) if is_paced else LinePolicy()
    rest_ms = url.option("rest_ms", "")
    return replace(policy, rest_s=int(rest_ms) / 1000) if rest_ms else policy


def _serial_settings(url: LineUrl) -> SerialSettings:
    try:
        return SerialSettings(
            url.device,
            int(url.option("baudrate", "2400")),
            url.option("parity", "E"),
            int(url.option("stopbits", "1")),
        )
    except ValueError as error:
        raise ConfigError(f"{url}: {error}", key="url") from error


def _paced(settings: SerialSettings) -> LinePolicy:
    """Waiting by the wire's own speed."""
    byte_s = settings.wire_time_s(1)
    return LinePolicy(seconds_per_byte=byte_s, quiet_s=max(0.05, 20 * byte_s), baudrate=settings.baudrate)
