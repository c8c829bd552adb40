"""What a kind of Modbus meter looks like to a master: which function it answers, and what its registers hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from simulators.meter import SimulatedMeter
from simulators.witness import Truth


@dataclass(frozen=True, slots=True)
class Image:
    """The words of one read and the true registers among them."""

    words: Sequence[int]
    truths: tuple[Truth, ...]


class RegisterMap(Protocol):
    """A kind of meter. `largest_read` is how many registers one request may ask for."""

    @property
    def function(self) -> int:
        """3 or 4; every other function, writing included, is refused."""
        ...

    @property
    def largest_read(self) -> int:
        """See above."""
        ...

    def read(self, meter: SimulatedMeter, span: range, at: datetime) -> Image | None:
        """The words at these addresses; None where the meter has no such registers."""
        ...
