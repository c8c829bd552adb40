"""What can go wrong on a line: rates, spans of time, and one seeded decision an exchange. Moves no bytes itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds of the scenario, [start, end)."""

    start: float
    end: float

    def __contains__(self, second: float) -> bool:
        return self.start <= second < self.end


def hours(start: float, end: float) -> Span:
    """A span written in hours."""
    return Span(start * HOUR_S, end * HOUR_S)


class Echo(StrEnum):
    """What a half-duplex converter lets the sender hear of itself."""

    NONE = "none"
    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Faults:
    """Rates are per exchange, each drawn on its own. `late` and doubled replies come up to `late_s` late.

    `cut` is how often a reply comes in several pieces; it is no fault, but a line does so.
    """

    lost_request: float = 0.0
    lost_reply: float = 0.0
    late: float = 0.0
    late_s: tuple[float, float] = (0.0, 4.5)  # up to three times the shipped profile's time-out
    duplicated: float = 0.0
    garbled: float = 0.0
    noise: float = 0.0
    cut: float = 0.1
    echo: Echo = Echo.NONE
    silent: Mapping[str, Sequence[Span]] = field(default_factory=dict)  # by meter address
    down: Sequence[Span] = ()
    babble: Sequence[Span] = ()

    def is_down(self, second: float) -> bool:
        """Nothing can be opened or kept open now."""
        return any(second in span for span in self.down)

    def is_babbling(self, second: float) -> bool:
        """Somebody talks without end."""
        return any(second in span for span in self.babble)

    def is_silent(self, address: str, second: float) -> bool:
        """This meter says nothing now."""
        return any(second in span for span in self.silent.get(address, ()))


QUIET = Faults()
# 2 % loss, 1 % doubled, 1 % late, 0.1 % garbled
BAD = Faults(lost_request=0.01, lost_reply=0.01, duplicated=0.01, late=0.01, garbled=0.001, noise=0.005)


def garble(raw: bytes, chance: Random) -> bytes:
    """One bit turned round."""
    bit = chance.randrange(8 * len(raw))
    turned = bytearray(raw)
    turned[bit // 8] ^= 1 << bit % 8
    return bytes(turned)
