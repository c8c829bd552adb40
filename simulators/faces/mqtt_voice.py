"""What every way of speaking over a broker offers to the fleet that speaks so. Has no connection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from simulators.meter import SimulatedMeter
from simulators.witness import Truth


@dataclass(frozen=True, slots=True)
class Said:
    """One publication, whose it is and the truth in it."""

    topic: str
    payload: bytes
    meter: str | None = None
    truth: Truth | None = None
    qos: int = 1
    is_retained: bool = False


class Voice(Protocol):
    """Topics and payloads of a fleet of meters."""

    @property
    def requests(self) -> str:
        """The topics on which it is asked."""
        ...

    def place(self, meter: SimulatedMeter) -> str:
        """The topic that a user would look at first."""
        ...

    def will(self, at: datetime) -> Said:
        """What the broker says when the client is lost; asked for before each connection."""
        ...

    def greet(self, at: datetime) -> Sequence[Said]:
        """What is said after connecting."""
        ...

    def tell(self, meter: SimulatedMeter, at: datetime) -> Sequence[Said]:
        """What a meter says in its turn."""
        ...

    def answer(self, topic: str, payload: bytes, at: datetime) -> Sequence[Said]:
        """What a request makes it say."""
        ...


MakeVoice = Callable[[Sequence[SimulatedMeter]], Voice]
