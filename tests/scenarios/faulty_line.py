"""A byte pipe to a bus of simulated meters over a line with seeded faults, on the loop's own timers.

The meters' side is the simulators' DL/T 645 face, in this process; no socket. Every choice comes from one seed.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from random import Random

from headend.domain.errors import LineDown
from simulators.faces.dlt645_bus import Dlt645Bus
from tests.scenarios.faults import Echo, Faults, garble
from tests.scenarios.wire_log import WireLog

QUICKEST_S, SLOWEST_S = 0.02, 0.08  # wire and meter, each way
BABBLE_EVERY_S = 0.04  # below the channel's quiet time: such a line never falls silent


class FaultyLine:
    """BytePipe. Made inside the running loop; `faults` may be exchanged while it runs."""

    def __init__(self, name: str, bus: Dlt645Bus, faults: Faults, seed: int, log: WireLog) -> None:
        self.name, self.faults = name, faults
        self._session = bus.session()
        self._chance = Random(f"{seed} {name}")
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._arrived = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._is_babble_due = False
        self._is_connected = False
        self.late = 0
        for span in faults.down:
            self._loop.call_at(span.start, self._hang_up)

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def is_open(self) -> bool:
        return self._is_connected

    async def open(self) -> None:
        if self.faults.is_down(self._loop.time()):
            raise LineDown(f"{self.name}: connection refused")
        self._is_connected = True
        self._arrived.clear()
        self._note("!", b"open")

    async def close(self) -> None:
        self._is_connected = False

    async def write(self, data: bytes) -> None:
        self._require_open()
        self._note(">", data)
        self._log.asked(self._loop.time(), self.name, data)
        self._echo(data)
        if self._happens(self.faults.lost_request):
            return
        sent = garble(data, self._chance) if self._happens(self.faults.garbled / 2) else data
        self._later(self._latency(), lambda: self._reach_meters(sent))

    async def read(self, by: float) -> bytes:
        while not self._arrived:
            self._require_open()
            if self._loop.time() >= by:
                return b""
            self._babble_soon()
            self._waiter = self._loop.create_future()
            timer = self._loop.call_at(by, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        return self._take()

    def pending(self) -> bytes:
        self._require_open()
        if self.faults.is_babbling(self._loop.time()):
            self._arrived += self._chance.randbytes(64)
        return self._take()

    def _take(self) -> bytes:
        data = bytes(self._arrived)
        self._arrived.clear()
        return data

    def _reach_meters(self, data: bytes) -> None:
        for reply in [*self._session.receive(data), *self._session.line_idle()]:
            self._answer(reply)

    def _answer(self, reply: bytes) -> None:
        address = reply.lstrip(b"\xfe")[1:7][::-1].hex()
        if self.faults.is_silent(address, self._loop.time()) or self._happens(self.faults.lost_reply):
            return
        told = garble(reply, self._chance) if self._happens(self.faults.garbled / 2) else reply
        if self._happens(self.faults.noise):
            told = self._chance.randbytes(self._chance.randrange(1, 9)) + told
        if self._happens(self.faults.late):
            self.late += 1
            self._deliver(self._chance.uniform(*self.faults.late_s), told)
        elif self._happens(self.faults.cut):
            self._deliver_in_pieces(told)
        else:
            self._deliver(self._latency(), told)
        if self._happens(self.faults.duplicated):
            self._deliver(self._latency() + self._chance.uniform(*self.faults.late_s), told)

    def _deliver_in_pieces(self, told: bytes) -> None:
        cuts = sorted({0, len(told), *(self._chance.randrange(1, len(told)) for _ in range(2))})
        delay = self._latency()
        for begin, end in itertools.pairwise(cuts):
            self._deliver(delay, told[begin:end])
            delay += 0.01

    def _echo(self, data: bytes) -> None:
        if self.faults.echo is Echo.FULL:
            self._deliver(0.001, data)
        elif self.faults.echo is Echo.PARTIAL:
            begin, end = sorted(self._chance.sample(range(len(data) + 1), 2))
            self._deliver(0.001, data[begin:end])

    def _deliver(self, delay: float, data: bytes) -> None:
        self._later(delay, lambda: self._arrive(data))

    def _arrive(self, data: bytes) -> None:
        if not self._is_connected:
            return
        self._note("<", data)
        self._arrived += data
        self._wake()

    def _babble_soon(self) -> None:
        if not self._is_babble_due and self.faults.is_babbling(self._loop.time()):
            self._is_babble_due = True
            self._later(BABBLE_EVERY_S, self._babble)

    def _babble(self) -> None:
        self._is_babble_due = False
        self._arrive(self._chance.randbytes(16))

    def _hang_up(self) -> None:
        self._note("!", b"lost")
        self._is_connected = False
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _require_open(self) -> None:
        if not self._is_connected:
            raise LineDown(f"{self.name}: closed by the other side")

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self._chance.random() < rate

    def _latency(self) -> float:
        return self._chance.uniform(QUICKEST_S, SLOWEST_S)

    def _later(self, delay: float, work: Callable[[], None]) -> None:
        self._loop.call_later(delay, work)

    def _note(self, kind: str, data: bytes) -> None:
        self._log.note(self._loop.time(), self.name, kind, data)
