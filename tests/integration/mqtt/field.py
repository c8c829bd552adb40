"""A line to a broker, its meters and what it keeps: the parts that the tests of the MQTT line put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

import aiomqtt

from collectors.driver import Site
from collectors.drivers.mqtt import MqttDriver
from collectors.line_urls import parse_line
from collectors.mqtt.messages import MeterNews
from collectors.mqtt_line import Listening, MqttLine
from collectors.profiles import MqttProfile
from headend import shipped
from headend.clock import SystemClock
from headend.domain.errors import StoreUnavailable
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.readings import Reading
from headend.ports import ReadingSink
from tests.integration.mqtt.conftest import Broker

CLOCK = SystemClock()
TYPES = shipped.reading_types(shipped.config_root())
PROFILES = shipped.telling_profiles(shipped.config_root(), "mqtt", MqttProfile, TYPES)
DRIVER = MqttDriver(PROFILES, Site(TYPES, ZoneInfo("Asia/Shanghai"), CLOCK.now))
POINT = UsagePoint(1, "UP", CustomerClass.RESIDENTIAL)


@dataclass
class Sink:
    """Keeps readings; while its door is shut it takes none and lets nobody go on, while `is_down` it says so."""

    kept: list[Reading] = field(default_factory=list)
    offered: int = 0
    is_down: bool = False
    door: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.door.set()

    async def accept(self, readings: Sequence[Reading]) -> None:
        self.offered += 1
        if self.is_down:
            raise StoreUnavailable("switched off by the test")
        await self.door.wait()
        self.kept += readings

    def values(self, name: str = "active_energy_import") -> list[str]:
        return [str(reading.value) for reading in self.kept if reading.reading_type.name == name]


@dataclass
class States:
    """What the line said of itself: a reason when it went down, None when it came back."""

    told: list[str | None] = field(default_factory=list)
    news: list[MeterNews] = field(default_factory=list)


def meter(broker: Broker, address: str, number: int = 1, profile: str = "headend-json") -> MeterInstallation:
    line = Line(1, broker.url)
    row = Meter(number, address, Protocol.MQTT, profile, address, line)
    return MeterInstallation(number, POINT, row, CLOCK.now() - timedelta(days=1))


@asynccontextmanager
async def open_line(
    broker: Broker,
    *watched: MeterInstallation,
    sink: ReadingSink | None = None,
    identifier: str = "",
    states: States,
    url: str = "",
    driver: MqttDriver = DRIVER,
) -> AsyncIterator[MqttLine]:
    """A running line; it is told its meters before it connects, as by the gateway."""
    listening = Listening(identifier, sink, states.news.append)
    line = MqttLine(parse_line(url or broker.url), driver, listening, clock=CLOCK, on_state=states.told.append)
    owner = asyncio.create_task(line.run())
    if watched:
        line.watch(watched)
    try:
        yield line
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)


async def until(condition: object, seconds: float = 10) -> None:
    """Until a callable gives true."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def publish(broker: Broker, topic: str, payload: str, *, retain: bool = False) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.publish(topic, payload, qos=1, retain=retain)


def state(value: str, second: int = 0) -> str:
    """A state of the headend-json profile; each second is another measurement."""
    return f'{{"time":"2026-11-24T08:00:{second:02d}Z","active_energy_import":"{value}"}}'
