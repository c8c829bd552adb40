"""The Modbus face: a gateway with a unit for each meter over TCP, or an RTU bus on a serial device or pty."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from protocols.modbus import Framing, Mbap, Role, Rtu
from simulators.errors import ListenError
from simulators.faces.modbus_bus import ModbusBus
from simulators.lines import open_line
from simulators.simulation import Simulation

FRAMINGS: Mapping[str, Framing] = {"tcp": Mbap(Role.METER), "serial": Rtu(Role.METER), "pty": Rtu(Role.METER)}


@asynccontextmanager
async def modbus_face(simulation: Simulation) -> AsyncIterator[str]:
    """Serve SDM630 meters, units 1 to as many as there are."""
    framing = FRAMINGS.get(simulation.url.scheme)
    if framing is None:
        raise ListenError(f"cannot listen on {simulation.url}: modbus takes tcp://, serial:// or pty:")
    try:
        bus = ModbusBus(simulation.meters, framing, now=simulation.now, witness=simulation.witness)
    except ValueError as error:
        raise ListenError(f"cannot listen on {simulation.url}: {error}") from error
    async with open_line(simulation.url, bus.session) as address:
        yield address
