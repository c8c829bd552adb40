"""The DL/T 698.45 face: all meters of a simulation share one line, as on a bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulators.errors import ListenError
from simulators.faces.dlt698_bus import Dlt698Bus
from simulators.lines import open_line
from simulators.simulation import Simulation

SCHEMES = ("tcp", "serial", "pty")


@asynccontextmanager
async def dlt698_face(simulation: Simulation) -> AsyncIterator[str]:
    """Serve over TCP, a serial device or a pseudo terminal."""
    if simulation.url.scheme not in SCHEMES:
        raise ListenError(f"cannot listen on {simulation.url}: dlt698 takes tcp://, serial:// or pty:")
    bus = Dlt698Bus(simulation.meters, now=simulation.now, witness=simulation.witness)
    async with open_line(simulation.url, bus.session) as address:
        yield address
