"""Captures of a line: beside it, where a tap only listens, or between a master and the meters, as a proxy.

Joins the wire of the collectors, the listening side of the simulators and the file. Passes on and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from collectors.captures.chunk import Direction, Header
from collectors.captures.writing import CaptureWriter
from collectors.line_urls import LineUrl, parse_line
from collectors.lines import bare_wire
from collectors.transports.capturing import CapturingPipe
from collectors.transports.pipe import BytePipe
from headend import __version__
from headend.clock import SystemClock
from headend.domain.errors import CaptureFailed, ConfigError, LineDown
from simulators.lines import Peer, open_line
from simulators.listen_url import parse_listen_url

WIRES = ("tcp", "serial")
LISTENERS = ("tcp", "pty", "serial")
LOOK_S = 60.0
LARGEST_QUEUE = 256  # chunks of a master that the line has not taken


def new_capture(path: Path, line_url: str) -> CaptureWriter:
    """A new file for the bytes of this line; ConfigError."""
    clock = SystemClock()
    return CaptureWriter(path, Header(line_url, clock.now(), f"headend {__version__}"), clock.now)


def check_wire(line_url: str) -> LineUrl:
    """The line; ConfigError where it has no bytes of its own to capture."""
    url = parse_line(line_url)
    if url.scheme not in WIRES:
        raise ConfigError(f"{url.scheme} cannot be captured", key="url", remedy="captures take tcp and serial lines")
    return url


async def capture_beside(url: LineUrl, writer: CaptureWriter, announce: Callable[[str], None]) -> None:
    """Listen until cancelled. LineDown when the line breaks, CaptureFailed when the file takes no more."""
    pipe = bare_wire(url)
    try:
        await pipe.open()
        announce(str(url))
        loop = asyncio.get_running_loop()
        while writer.failure is None:
            writer.record(Direction.UNKNOWN, await pipe.read(loop.time() + LOOK_S))
        raise CaptureFailed(writer.failure)
    finally:
        await pipe.close()


@dataclass(frozen=True, slots=True)
class Telling:
    """What is said about a running capture: where it listens, and what became of a connection."""

    announce: Callable[[str], None]
    trouble: Callable[[str], None]


async def capture_between(url: LineUrl, listen_url: str, writer: CaptureWriter, telling: Telling) -> None:
    """Serve masters until cancelled, each with a connection of its own to the line.

    A line that is lost hangs up on its master, who may come again; on a wire that cannot hang up it is the end.
    ListenError, LineDown, CaptureFailed.
    """
    listen = parse_listen_url(listen_url)
    if listen.scheme not in LISTENERS:
        raise ConfigError(f"cannot listen on {listen}", key="listen", remedy="write tcp://host:port, pty: or serial://")
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    numbers = count(1)

    def lost(number: int, error: LineDown) -> None:
        telling.trouble(f"connection {number}: {error}")
        if listen.scheme != "tcp" and not ended.done():
            ended.set_exception(error)

    try:
        async with asyncio.TaskGroup() as tasks:

            def new_master() -> _Master:
                number = next(numbers)

                def record(direction: Direction, data: bytes) -> None:
                    writer.record(direction, data, number)
                    if writer.failure is not None and not ended.done():
                        ended.set_exception(CaptureFailed(writer.failure))

                return _Master(CapturingPipe(bare_wire(url), record), tasks, lambda error: lost(number, error))

            async with open_line(listen, new_master) as address:
                telling.announce(address)
                await ended
    except ExceptionGroup as errors:
        raise first_of(errors) from errors


class _Master:
    """One master's session: what it says goes to the line, what the line says goes to it."""

    def __init__(self, wire: BytePipe, tasks: asyncio.TaskGroup, lost: Callable[[LineDown], None]) -> None:
        self._wire, self._tasks, self._lost = wire, tasks, lost
        self._said: asyncio.Queue[bytes] = asyncio.Queue(LARGEST_QUEUE)
        self._peer: Peer | None = None
        self._carrying: asyncio.Task[None] | None = None

    def opened(self, peer: Peer) -> None:
        """Somebody is there (see SpeakingSession)."""
        self._peer = peer
        self._carrying = self._tasks.create_task(self._carry(peer))

    def closed(self) -> None:
        """Nobody is there any more."""
        if self._carrying is not None:
            self._carrying.cancel()

    def receive(self, data: bytes) -> tuple[bytes, ...]:
        """From the master. One who says more than the line takes is hung up."""
        try:
            self._said.put_nowait(data)
        except asyncio.QueueFull:
            if self._peer is not None:
                self._peer.hang_up()
        return ()

    def line_idle(self) -> tuple[bytes, ...]:
        """Silence is passed on as it is."""
        return ()

    async def _carry(self, peer: Peer) -> None:
        try:
            await self._wire.open()
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._down())
                ways.create_task(self._up(peer))
        except* LineDown as errors:
            self._lost(LineDown(str(first_of(errors))))
        finally:
            peer.hang_up()
            await self._wire.close()

    async def _down(self) -> None:
        while True:
            await self._wire.write(await self._said.get())

    async def _up(self, peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        while True:
            data = await self._wire.read(loop.time() + LOOK_S)
            if data:
                peer.send(data)


def first_of(errors: BaseException) -> BaseException:
    """The first plain error of nested groups."""
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors
