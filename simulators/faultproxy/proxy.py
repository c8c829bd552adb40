"""The proxy's sockets: takes connections, opens one to the other side for each, and does what the model says."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO, cast

from simulators.errors import ListenError
from simulators.faultproxy.faults import Direction, Pass, Reset, Rule, StopReading
from simulators.faultproxy.model import FaultModel
from simulators.listen_url import ListenUrl

CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class FaultLog:
    """JSON lines of what was done to which bytes; None keeps silent."""

    stream: TextIO | None

    def write(self, at: float, connection: int, direction: Direction, faults: Sequence[str], data: bytes) -> None:
        if self.stream is not None and faults:
            entry = {"at": round(at, 6), "connection": connection, "direction": direction, "faults": faults}
            self.stream.write(json.dumps({**entry, "data": data.hex()}) + "\n")
            self.stream.flush()


class _Side(asyncio.Protocol):
    """One end of a proxied connection."""

    def __init__(self, link: "_Link", direction: Direction) -> None:
        self._link, self._direction = link, direction
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's do not derive from it

    def data_received(self, data: bytes) -> None:
        self._link.carry(self._direction, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.end()

    def send(self, data: bytes) -> None:
        if data and self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)


class _Link:
    """Both ends of one connection and its luck."""

    def __init__(self, model: FaultModel, number: int, log: FaultLog) -> None:
        self._model, self._number, self._log = model, number, log
        self._loop = asyncio.get_running_loop()
        self._timers: set[asyncio.TimerHandle] = set()
        self._early: list[bytes] = []  # asked before the way to the meters was open
        self.down = _Side(self, Direction.DOWN)  # hears the head-end
        self.up = _Side(self, Direction.UP)  # hears the meters
        self.is_ended = False

    async def connect(self, to: ListenUrl) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._loop.create_connection(lambda: self.up, to.host, to.port)
        except OSError:
            self.end()
            return
        early, self._early = self._early, []
        for data in early:
            self.carry(Direction.DOWN, data)

    def carry(self, direction: Direction, data: bytes) -> None:
        if direction is Direction.DOWN and self.up.transport is None:
            self._early.append(data)
            return
        verdict = self._model.judge(direction, data)
        self._log.write(self._loop.time(), self._number, direction, verdict.faults, data)
        for outcome in verdict.outcomes:
            match outcome:
                case Pass(sent, after_s, is_echo):
                    self._send(direction.back if is_echo else direction, sent, after_s)
                case Reset():
                    self.end()
                case StopReading(for_s):
                    self._stop_reading(direction, for_s)

    def end(self) -> None:
        self.is_ended = True
        for timer in self._timers:
            timer.cancel()
        for side in (self.down, self.up):
            if side.transport is not None:
                side.transport.abort()

    def _send(self, direction: Direction, data: bytes, after_s: float) -> None:
        target = self.up if direction is Direction.DOWN else self.down
        if after_s <= 0:
            target.send(data)
        else:
            self._later(after_s, lambda: target.send(data))

    def _stop_reading(self, direction: Direction, for_s: float) -> None:
        transport = (self.down if direction is Direction.DOWN else self.up).transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading()
            self._later(for_s, lambda: None if transport.is_closing() else transport.resume_reading())

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(timer)
            do()

        timer = self._loop.call_later(seconds, fire)
        self._timers.add(timer)


async def run_fault_proxy(
    listen: ListenUrl,
    to: ListenUrl,
    rules: Sequence[Rule],
    *,
    seed: int,
    log: TextIO | None,
    announce: Callable[[str], None],
) -> None:
    """Proxy until cancelled. ListenError when the address cannot be had."""
    if listen.scheme != "tcp" or to.scheme != "tcp":
        raise ListenError("the fault proxy stands between two TCP addresses: write tcp://host:port")
    links: list[_Link] = []
    opening: set[asyncio.Task[None]] = set()

    def new_link() -> _Side:
        links[:] = [link for link in links if not link.is_ended]
        number = next_number()
        link = _Link(FaultModel(rules, seed, number), number, FaultLog(log))
        links.append(link)
        task = loop.create_task(link.connect(to))
        opening.add(task)
        task.add_done_callback(opening.discard)
        return link.down

    loop = asyncio.get_running_loop()
    next_number = iter(range(1 << 62)).__next__
    try:
        server = await loop.create_server(new_link, listen.host, listen.port)
    except OSError as error:
        raise ListenError(f"cannot listen on {listen}: {error.strerror or error}") from error
    try:
        port = server.sockets[0].getsockname()[1]
        announce(f"tcp://{listen.host_in_url}:{port}")
        await asyncio.Event().wait()
    finally:
        server.close()
        for link in links:
            link.end()
