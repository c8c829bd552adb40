"""The DL/T 645-2007 face: all meters of a simulation share one line, as on a bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulators.errors import ListenError
from simulators.faces.dlt645_bus import Dlt645Bus
from simulators.lines import open_line
from simulators.simulation import Simulation

SCHEMES = ("tcp", "serial", "pty")


@asynccontextmanager
async def dlt645_face(simulation: Simulation) -> AsyncIterator[str]:
    """Serve over TCP, a serial device or a pseudo terminal."""
    if simulation.url.scheme not in SCHEMES:
        raise ListenError(f"cannot listen on {simulation.url}: dlt645 takes tcp://, serial:// or pty:")
    bus = Dlt645Bus(simulation.meters, now=simulation.now, witness=simulation.witness)
    async with open_line(simulation.url, bus.session) as address:
        yield address
