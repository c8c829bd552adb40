"""What a face is given to serve, and the shape every face has. Registry and lifetime are in `run`."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from simulators.listen_url import ListenUrl
from simulators.meter import SimulatedMeter
from simulators.witness import Witness

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Meters in the order of their units, where to listen, the time and the witness."""

    meters: Sequence[SimulatedMeter]
    url: ListenUrl
    now: Now
    witness: Witness


Face = Callable[[Simulation], AbstractAsyncContextManager[str]]
"""Serves while its block runs and gives the address to connect to; raises ListenError where it cannot."""
