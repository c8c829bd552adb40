"""The Modbus face: a gateway with a unit for each meter over TCP, or an RTU bus on a serial device or pty."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from protocols.modbus import Framing, Mbap, Role, Rtu
from simulators.errors import ListenError
from simulators.faces.modbus_bus import ModbusBus
from simulators.faces.modbus_registers import Sdm630
from simulators.faces.register_map import RegisterMap
from simulators.faces.sunspec_registers import SunSpecFloats, SunSpecIntegers
from simulators.lines import open_line
from simulators.simulation import Face, Simulation

FRAMINGS: Mapping[str, Framing] = {"tcp": Mbap(Role.METER), "serial": Rtu(Role.METER), "pty": Rtu(Role.METER)}


@asynccontextmanager
async def modbus_face(simulation: Simulation) -> AsyncIterator[str]:
    """Serve SDM630 meters, units 1 to as many as there are."""
    async with _face(simulation, Sdm630()) as address:
        yield address


@asynccontextmanager
async def sunspec_face(simulation: Simulation) -> AsyncIterator[str]:
    """Serve SunSpec meters that tell integers and exponents."""
    async with _face(simulation, SunSpecIntegers()) as address:
        yield address


@asynccontextmanager
async def sunspec_float_face(simulation: Simulation) -> AsyncIterator[str]:
    """Serve SunSpec meters that tell floats."""
    async with _face(simulation, SunSpecFloats()) as address:
        yield address


def described_face(registers: RegisterMap) -> Face:
    """A face that serves meters with any registers."""
    return partial(_face, registers=registers)


@asynccontextmanager
async def _face(simulation: Simulation, registers: RegisterMap) -> AsyncIterator[str]:
    framing = FRAMINGS.get(simulation.url.scheme)
    if framing is None:
        raise ListenError(f"cannot listen on {simulation.url}: modbus takes tcp://, serial:// or pty:")
    try:
        bus = ModbusBus(simulation.meters, framing, now=simulation.now, witness=simulation.witness, registers=registers)
    except ValueError as error:
        raise ListenError(f"cannot listen on {simulation.url}: {error}") from error
    async with open_line(simulation.url, bus.session) as address:
        yield address
