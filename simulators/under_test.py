"""Simulated devices as a test sees them: where they are, what they were asked, and what they truly told.

Plain calls from any thread; the devices live in a background loop.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import SplitResult, urlsplit

from simulators.background import Background
from simulators.faultproxy import Rule, run_fault_proxy
from simulators.fleet import FleetPlan, build_fleet
from simulators.listen_url import parse_listen_url
from simulators.run import FACES
from simulators.simulation import Simulation
from simulators.witness import Witness

ADDRESS = "000000000001"
LOCAL = "tcp://127.0.0.1:0"


class NothingTold(LookupError):
    """The meter has not told this value."""


@dataclass(frozen=True)
class SimulatedDevice:
    """A meter, or a terminal with meters. `url` as `headend read` takes it, `address` as the protocol does."""

    url: str
    address: str
    _log: "_Log" = field(repr=False)

    @property
    def host(self) -> str:
        """Where to connect; of a broker's meter, where the broker is."""
        return _parts(self.url).hostname or ""

    @property
    def port(self) -> int:
        """See host."""
        return _parts(self.url).port or 0

    @property
    def topic(self) -> str:
        """Of a broker's meter, where it tells its state."""
        return _parts(self.url).path.strip("/")

    @property
    def requests(self) -> Sequence[bytes]:
        """Every frame that was received whole, answered or not; over MQTT topic, blank and payload."""
        found = (bytes.fromhex(str(line["request"])) for line in self._log.lines("frame"))
        return tuple(request for request in found if request)

    @property
    def noise(self) -> Sequence[bytes]:
        """Bytes received that were no frame."""
        return tuple(bytes.fromhex(str(line["bytes"])) for line in self._log.lines("noise"))

    def told(self) -> Sequence[Mapping[str, Decimal]]:
        """The true registers behind each answer with readings, oldest first, by reading type name."""
        found = [line["registers"] for line in self._log.lines("frame", "record")]
        return tuple({k: Decimal(v) for k, v in truth.items()} for truth in found if isinstance(truth, dict))

    def value(self, name: str) -> Decimal:
        """What it told last by this name, like `active_energy_import`; NothingTold."""
        told = next((registers[name] for registers in reversed(self.told()) if name in registers), None)
        if told is None:
            known = sorted({known for registers in self.told() for known in registers})
            raise NothingTold(f"{self.url} has told no {name!r}; it has told {', '.join(known) or 'nothing'}")
        return told


class FaultyUrl(str):
    """The URL of a device behind a bad line, and where that line listens."""

    __slots__ = ()

    @property
    def host(self) -> str:
        """Where to connect."""
        return _parts(self).hostname or ""

    @property
    def port(self) -> int:
        """See host."""
        return _parts(self).port or 0


@dataclass(frozen=True)
class Bench:
    """Puts devices and lines into a background loop; `now` is their time."""

    background: Background
    now: Callable[[], datetime]

    def dlt645_meter(self) -> SimulatedDevice:
        """A DL/T 645-2007 meter on a free TCP port."""
        place, log = self._serve("dlt645", LOCAL)
        return SimulatedDevice(f"dlt645+{place}/{ADDRESS}", ADDRESS, log)

    def modbus_meter(self) -> SimulatedDevice:
        """An Eastron SDM630 as unit 1 behind Modbus TCP."""
        place, log = self._serve("modbus", LOCAL)
        return SimulatedDevice(f"modbus+{place}/1", "1", log)

    def mqtt_meter(self, broker_url: str) -> SimulatedDevice:
        """A meter that tells its state every minute, and when asked, at a broker."""
        _, log = self._serve("mqtt", broker_url)
        return SimulatedDevice(f"{broker_url.rstrip('/')}/meters/{ADDRESS}/state", ADDRESS, log)

    def local_broker(self) -> str:
        """The URL of a broker in this process."""
        from simulators.broker import local_broker  # half a second to import, and most tests have no broker

        return self.background.enter(local_broker())

    def terminal(self, to: str, address: str, meters: int, heartbeat_s: float) -> SimulatedDevice:
        """A Q/GDW 376.1 terminal that dials `host:port` until somebody is there."""
        _, log = self._serve("gdw1376", f"dial://{to}/{address}?heartbeat_s={heartbeat_s:g}", meters)
        return SimulatedDevice(f"gdw1376://{to}/{address}/1", address, log)

    def fault_line(self, device: SimulatedDevice, rules: Sequence[Rule], seed: int) -> FaultyUrl:
        """A line to the device that damages what passes; another seed, other luck."""
        to = parse_listen_url(f"tcp://{_authority(device.url)}")

        @asynccontextmanager
        async def proxy() -> AsyncIterator[str]:
            address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            serving = asyncio.create_task(
                run_fault_proxy(parse_listen_url(LOCAL), to, rules, seed=seed, log=None, announce=address.set_result)
            )
            try:
                ends: set[asyncio.Future[Any]] = {serving, address}  # Any: futures of two types
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                yield address.result() if address.done() else str(serving.result())
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

        place = _authority(self.background.enter(proxy()))
        return FaultyUrl(_parts(device.url)._replace(netloc=place).geturl())

    def _serve(self, protocol: str, listen: str, meters: int = 1) -> "tuple[str, _Log]":
        witness = Witness(stream := io.StringIO())
        fleet = build_fleet(FleetPlan(meters, ADDRESS))
        simulation = Simulation(fleet, parse_listen_url(listen), self.now, witness)
        return self.background.enter(FACES[protocol](simulation)), _Log(witness, stream, self.background)


@dataclass(frozen=True)
class _Log:
    """A witness in memory, read from another thread."""

    witness: Witness
    stream: io.StringIO
    background: Background

    def lines(self, *kinds: str) -> Sequence[Mapping[str, object]]:
        """Its lines of some kinds so far."""
        lines = [json.loads(line) for line in self.background.call(self._written).splitlines()]
        return [line for line in lines if line["kind"] in kinds]

    def _written(self) -> str:
        self.witness.flush()
        return self.stream.getvalue()


def _parts(url: str) -> SplitResult:
    return urlsplit(url)


def _authority(url: str) -> str:
    return _parts(url).netloc
