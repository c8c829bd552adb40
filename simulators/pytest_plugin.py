"""Fixtures for anybody's tests: simulated meters on real sockets, a terminal that dials in, and bad lines.

Plain synchronous fixtures; the devices live in a background thread and end with the test. This module is loaded in
every pytest run where the package is installed, so it imports nothing of it until a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from simulators.faultproxy import Rule
    from simulators.under_test import Bench, FaultyUrl, SimulatedDevice

DEFAULT_TERMINAL = "4403-00256"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The broker of `mqtt_meter`."""
    group = parser.getgroup("headend", "simulated meters")
    group.addoption("--headend-broker", metavar="URL", help="mqtt://host:port for mqtt_meter; else one is started")


class MakeTerminal(Protocol):
    """`terminal(to="127.0.0.1:7700")`."""

    def __call__(
        self, *, to: str, address: str = DEFAULT_TERMINAL, meters: int = 1, heartbeat_s: float = 60.0
    ) -> SimulatedDevice: ...


class MakeFaultLine(Protocol):
    """`fault_line(dlt645_meter, flip=0.1, seed=7)`: shares by fault, or whole rules."""

    def __call__(self, device: SimulatedDevice, *rules: Rule, seed: int = 0, **shares: float) -> FaultyUrl: ...


@pytest.fixture
def headend_now() -> Callable[[], datetime]:
    """The simulated devices' time. Override it to stop their clocks."""
    return lambda: datetime.now(UTC)  # noqa: TID251  # nobody above gives this fixture a clock


@pytest.fixture
def headend_bench(headend_now: Callable[[], datetime]) -> Iterator[Bench]:
    """Where the devices of one test run, until it ends."""
    from simulators.background import Background
    from simulators.under_test import Bench

    background = Background()
    background.start()
    try:
        yield Bench(background, headend_now)
    finally:
        background.close()


@pytest.fixture
def dlt645_meter(headend_bench: Bench) -> SimulatedDevice:
    """A DL/T 645-2007 meter on TCP."""
    return headend_bench.dlt645_meter()


@pytest.fixture
def modbus_meter(headend_bench: Bench) -> SimulatedDevice:
    """A Modbus TCP meter, an Eastron SDM630 as unit 1."""
    return headend_bench.modbus_meter()


@pytest.fixture
def mqtt_meter(headend_bench: Bench, request: pytest.FixtureRequest) -> SimulatedDevice:
    """A meter at a broker: that of `--headend-broker`, or one that is started for the test."""
    return headend_bench.mqtt_meter(request.config.getoption("--headend-broker") or headend_bench.local_broker())


@pytest.fixture
def terminal(headend_bench: Bench) -> MakeTerminal:
    """Makes Q/GDW 376.1 terminals that dial in, with their meters behind them."""

    def make(
        *, to: str, address: str = DEFAULT_TERMINAL, meters: int = 1, heartbeat_s: float = 60.0
    ) -> SimulatedDevice:
        return headend_bench.terminal(to, address, meters, heartbeat_s)

    return make


@pytest.fixture
def fault_line(headend_bench: Bench) -> MakeFaultLine:
    """Puts bad lines in front of devices."""

    def make(device: SimulatedDevice, *rules: Rule, seed: int = 0, **shares: float) -> FaultyUrl:
        from simulators.faultproxy import Rule

        named = [Rule(fault, share) for fault, share in shares.items()]
        return headend_bench.fault_line(device, [*rules, *named], seed)

    return make
