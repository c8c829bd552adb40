"""The Q/GDW 376.1 face: a terminal that dials a master, over TCP or UDP, with all meters behind its RS-485 port.

A lost connection is dialled again, later and later until a login succeeds. Bytes and timers; frames are `dialling`'s.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from simulators.errors import ListenError
from simulators.faces.gdw1376_dialling import Dialling
from simulators.faces.gdw1376_terminal import MOST_POINTS, SimulatedTerminal
from simulators.simulation import Simulation

SCHEMES = ("dial", "dial+udp")
DEFAULT_TERMINAL = "4403-00256"
TICK_S = 0.2
_WRITTEN = re.compile(r"([0-9]{4})-([0-9]{1,5})")


@asynccontextmanager
async def gdw1376_face(simulation: Simulation) -> AsyncIterator[str]:
    """Dial while the block runs; a master that is not there is dialled until it is."""
    url = simulation.url
    if url.scheme not in SCHEMES:
        raise ListenError(f"cannot dial {url}: gdw1376 takes dial://host:port/{DEFAULT_TERMINAL} or dial+udp://")
    if len(simulation.meters) > MOST_POINTS:
        raise ListenError(f"a terminal has at most {MOST_POINTS} measuring points")
    name = url.path.strip("/") or DEFAULT_TERMINAL
    address = _address(name)
    terminal = SimulatedTerminal(address, simulation.meters, now=simulation.now, witness=simulation.witness)
    caller = Caller(simulation, Dialling(terminal, url.heartbeat_s))
    dialling = asyncio.create_task(caller.run())
    try:
        yield f"{url.scheme}://{url.host_in_url}:{url.port}/{name}"
    finally:
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)


class Caller:
    """The terminal's modem."""

    def __init__(self, simulation: Simulation, dialling: Dialling) -> None:
        self._url, self._dialling = simulation.url, dialling

    async def run(self) -> None:
        """Dial, stay, dial again, until cancelled."""
        while True:
            try:
                line = await self._dial()
            except OSError:
                line = None
            if line is not None:
                try:
                    await self._stay(line)
                finally:
                    line.hang_up()
            await _pause(self._dialling.disconnected())

    async def _dial(self) -> "_Line":
        loop = asyncio.get_running_loop()
        place = self._url.host, self._url.port
        if self._url.scheme == "dial":
            _, line = await loop.create_connection(lambda: _Line(self._dialling), *place)
        else:
            _, line = await loop.create_datagram_endpoint(lambda: _Line(self._dialling), remote_addr=place)
        return line

    async def _stay(self, line: "_Line") -> None:
        line.send([self._dialling.connected(asyncio.get_running_loop().time())])
        while not line.is_lost and not self._dialling.is_hopeless:
            line.send(self._dialling.tick(asyncio.get_running_loop().time()))
            await _pause(TICK_S)


class _Line(asyncio.Protocol, asyncio.DatagramProtocol):
    """A connection to the master, stream or datagrams."""

    def __init__(self, dialling: Dialling) -> None:
        self._dialling = dialling
        self._transport: Any = None  # Any: either kind of transport
        self._loop = asyncio.get_running_loop()
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.send(self._dialling.receive(data, self._loop.time()))

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.data_received(data)

    def error_received(self, exc: Exception) -> None:
        """The network says that nobody is there."""
        self.is_lost = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True

    def send(self, frames: list[bytes]) -> None:
        for frame in frames:
            if not self.is_lost:
                write = getattr(self._transport, "sendto", None) or self._transport.write
                write(frame)

    def hang_up(self) -> None:
        cast(asyncio.Transport, self._transport).abort()


def _address(name: str) -> tuple[str, int]:
    match = _WRITTEN.fullmatch(name)
    if match is None or not 0 < int(match[2]) < 0xFFFF:
        raise ListenError(f"{name!r} is no terminal; write its district and number, like {DEFAULT_TERMINAL}")
    return match[1], int(match[2])


async def _pause(seconds: float) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = asyncio.get_running_loop().call_later(seconds, done.set_result, None)
    try:
        await done
    finally:
        timer.cancel()
