"""Run a fleet of simulated meters behind one protocol until cancelled. The only table of faces is here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulators.errors import ListenError, SimulatorError, WitnessError
from simulators.faces.dlt645 import dlt645_face
from simulators.faces.dlt698 import dlt698_face
from simulators.faces.gdw1376 import gdw1376_face
from simulators.faces.modbus import modbus_face, sunspec_face, sunspec_float_face
from simulators.faces.mqtt import esphome_face, mqtt_face, sparkplug_face
from simulators.fleet import FleetPlan, build_fleet
from simulators.listen_url import parse_listen_url
from simulators.meter import SimulatedMeter
from simulators.simulation import Face, Now, Simulation
from simulators.witness import Witness

FLUSH_S = 1.0

FACES: Mapping[str, Face] = {
    "dlt645": dlt645_face,
    "dlt698": dlt698_face,
    "gdw1376": gdw1376_face,
    "modbus": modbus_face,
    "mqtt": mqtt_face,
    "mqtt-esphome": esphome_face,
    "mqtt-sparkplug": sparkplug_face,
    "sunspec": sunspec_face,
    "sunspec-float": sunspec_float_face,
}


@dataclass(frozen=True, slots=True)
class Running:
    """A simulation that listens on `address`."""

    address: str
    _failure: asyncio.Future[None]

    async def wait(self) -> None:
        """Until cancelled, or until the witness cannot be written any more."""
        await self._failure


@asynccontextmanager
async def serve(
    protocol: str | Face, listen_url: str, meters: Sequence[SimulatedMeter], *, now: Now, witness: Path | None = None
) -> AsyncIterator[Running]:
    """Serve given meters while the block runs, by the name of a protocol or by a face that is in no table.

    Leaving the block ends every connection and writes the witness out, within a second.
    """
    face = FACES.get(protocol) if isinstance(protocol, str) else protocol
    if face is None:
        raise ListenError(f"no simulator speaks {protocol!r}: choose one of {', '.join(FACES)}")
    url = parse_listen_url(listen_url)
    unborn = next((meter for meter in meters if meter.commissioned > now()), None)
    if unborn is not None:
        raise SimulatorError(f"meter {unborn.address} is commissioned only on {unborn.commissioned:%Y-%m-%d %H:%M} UTC")
    with _witness(witness) as log:
        for meter in meters:
            meter.relay.listen(partial(log.relay, meter.address))
        flushing = _Flushing(log)
        async with face(Simulation(meters, url, now, log)) as address:
            try:
                yield Running(address, flushing.failure)
            finally:
                flushing.stop()


async def run_simulator(
    protocol: str | Face,
    listen_url: str,
    fleet: FleetPlan,
    *,
    now: Now,
    announce: Callable[[str], None],
    witness: Path | None = None,
) -> None:
    """Build a fleet, announce the address when it listens, and serve until cancelled."""
    async with serve(protocol, listen_url, build_fleet(fleet), now=now, witness=witness) as running:
        announce(running.address)
        await running.wait()


@contextmanager
def _witness(path: Path | None) -> Iterator[Witness]:
    try:
        log = Witness.open(path)
    except OSError as error:
        raise WitnessError(f"cannot open the witness file {path}: {error.strerror}") from error
    try:
        yield log
    finally:
        _flush(log.close)


def _flush(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise WitnessError(f"cannot write the witness file: {error.strerror}") from error


class _Flushing:
    """Writes the witness out every second; a failure ends it and is told through `failure`."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._loop = asyncio.get_running_loop()
        self.failure: asyncio.Future[None] = self._loop.create_future()
        self._timer = self._loop.call_later(FLUSH_S, self._tick)

    def stop(self) -> None:
        self._timer.cancel()
        self.failure.cancel()

    def _tick(self) -> None:
        try:
            _flush(self._witness.flush)
        except WitnessError as error:
            if not self.failure.done():
                self.failure.set_exception(error)
            return
        self._timer = self._loop.call_later(FLUSH_S, self._tick)
