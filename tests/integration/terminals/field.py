"""A gateway that listens for terminals, meters behind them, and hand-made terminals on real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from collectors.gateway import FieldGateway
from collectors.line_urls import parse_device
from headend import shipped
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, UsagePoint
from protocols import gdw1376
from simulators import FleetPlan, build_fleet
from simulators.faces.gdw1376_dialling import Dialling
from simulators.faces.gdw1376_terminal import SimulatedTerminal
from simulators.witness import Witness

CLOCK = SystemClock()
POINT = UsagePoint(1, "UP", CustomerClass.RESIDENTIAL)
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class HeadEnd:
    """A running gateway and what its lines said of themselves."""

    gateway: FieldGateway
    told: dict[str, list[str | None]] = field(default_factory=dict)


def meter(url: str, number: int = 1) -> MeterInstallation:
    """The meter of a device URL."""
    device = parse_device(url)
    row = Meter(number, str(number), device.protocol, device.profile, device.server_address, Line(1, str(device.line)))
    return MeterInstallation(number, POINT, row, CLOCK.now() - timedelta(days=1))


@asynccontextmanager
async def listening() -> AsyncIterator[HeadEnd]:
    """Opens its ports when its meters are watched or read."""
    makers = build_field(shipped.config_root(), ZONE, CLOCK).makers
    head_end = HeadEnd(FieldGateway({}, clock=CLOCK))
    head_end.gateway = FieldGateway(
        makers, lambda url, reason: head_end.told.setdefault(url, []).append(reason), clock=CLOCK
    )
    owner = asyncio.create_task(head_end.gateway.run())
    await head_end.gateway.is_running.wait()
    try:
        yield head_end
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)


def simulated(meters: int = 2, number: int = 256) -> SimulatedTerminal:
    """A terminal with meters from 000000000001 on, without a witness file."""
    fleet = build_fleet(FleetPlan(meters))
    return SimulatedTerminal(("4403", number), fleet, now=CLOCK.now, witness=Witness())


class HandDialled(asyncio.Protocol):
    """A terminal on a TCP connection whose answers a test may change: `answering` turns a request into what is sent."""

    def __init__(self, terminal: SimulatedTerminal, answering: Callable[[HandDialled, bytes], bytes | None]) -> None:
        self.dialling = Dialling(terminal, heartbeat_s=900)
        self.answering = answering
        self.transport: asyncio.Transport | None = None
        self.received = b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.dialling.connected(0.0))

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        self.received += data
        for sending in self.dialling.receive(data, 0.0):
            is_begun = gdw1376.parse(sending).is_primary
            changed = sending if is_begun else self.answering(self, sending)
            if changed is not None and not self.transport.is_closing():
                self.transport.write(changed)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()


async def dial(port: int, terminal: SimulatedTerminal, answering: Callable[..., bytes | None]) -> HandDialled:
    """Connect as soon as somebody listens."""
    loop = asyncio.get_running_loop()
    await until(lambda: is_listening(port))
    _, dialled = await loop.create_connection(lambda: HandDialled(terminal, answering), "127.0.0.1", port)
    await until(lambda: dialled.dialling.is_logged_in)
    return dialled


def faithful(dialled: HandDialled, reply: bytes) -> bytes:
    """As it is."""
    return reply


def is_listening(port: int) -> bool:
    """Whether a TCP connection to this port of this machine is taken."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


def values(answer_results: object) -> Mapping[str, str]:
    """Text by reading type name."""
    assert isinstance(answer_results, tuple)
    return {r.reading_type.name: r.text for r in answer_results if r.reading_type and r.text is not None}
