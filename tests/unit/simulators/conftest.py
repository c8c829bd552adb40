"""Meters and a bus at a fixed instant, for every test of the simulators."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from protocols.dlt645 import Connection, Frame, FrameReceived, ReplyAssembler, encode
from protocols.dlt645.replies import AskNext, Complete
from simulators.faces.dlt645_bus import Dlt645Bus, Dlt645Session
from simulators.meter import SHANGHAI, MeterSpec, SimulatedMeter
from simulators.witness import Witness

COMMISSIONED = datetime(2026, 1, 1, tzinfo=SHANGHAI)
NOW = datetime(2026, 3, 20, 8, 7, 33, tzinfo=UTC)  # 16:07:33 in Shanghai
SPEC = MeterSpec("000000000042", seed=7, commissioned=COMMISSIONED)


@dataclass
class BusUnderTest:
    """A bus, what it wrote down, and a clock the test moves."""

    meters: Sequence[SimulatedMeter]
    now: datetime = NOW
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.witness = Witness(self.log)
        self.bus = Dlt645Bus(self.meters, now=lambda: self.now, witness=self.witness)
        self.session: Dlt645Session = self.bus.session()

    def ask(self, request: Frame) -> Frame | None:
        """The one reply frame, or None for silence."""
        replies = self.session.receive(encode(request))
        if not replies:
            return None
        (event,) = Connection().receive(b"".join(replies))
        assert isinstance(event, FrameReceived)
        return event.frame

    def fetch(self, request: Frame) -> bytes:
        """A long answer joined, each piece asked for twice as after a lost reply."""
        assembler = ReplyAssembler(request)
        while True:
            reply = self.ask(assembler.pending)
            assert reply is not None
            assert self.ask(assembler.pending) == reply
            outcome = assembler.accept(reply)
            if isinstance(outcome, Complete):
                return outcome.payload
            assert isinstance(outcome, AskNext), reply

    def lines(self) -> list[dict[str, Any]]:
        self.witness.flush()
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture
def meter() -> SimulatedMeter:
    return SimulatedMeter(SPEC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_meter() -> Callable[..., SimulatedMeter]:
    return lambda **changes: SimulatedMeter(replace(SPEC, **changes))


@pytest.fixture
def make_bus() -> Callable[..., BusUnderTest]:
    return lambda *meters: BusUnderTest(meters)
