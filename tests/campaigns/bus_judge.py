"""Judges what gateways have seen: on one bus nobody speaks while another connection's question is open. Knows no cause.

A question is open from its first byte until its answer has passed; one that nobody answers is over after SILENCE_S,
which is longer than any meter takes. A frame torn by another connection's bytes is the same violation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from protocols import dlt645

SILENCE_S = 1.0


class Seen(NamedTuple):
    """One piece of bytes at a gateway."""

    at: float
    bus: str
    connection: int
    what: str
    data: bytes


@dataclass
class _Talk:
    """One connection's side of a bus."""

    asked: dlt645.Connection = field(default_factory=dlt645.Connection)
    answered: dlt645.Connection = field(default_factory=dlt645.Connection)
    open: int = 0
    is_torn: bool = False
    last_at: float = 0.0

    def take(self, seen: Seen) -> None:
        """Count questions that begin and answers that end."""
        parser = self.asked if seen.what == "asked" else self.answered
        frames = sum(isinstance(event, dlt645.FrameReceived) for event in parser.receive(seen.data))
        if seen.what == "asked":
            self.open, self.is_torn = self.open + frames, frames == 0
        else:
            self.open = max(0, self.open - frames)
        self.last_at = seen.at

    def holds(self, at: float) -> bool:
        """Nobody else may speak now."""
        return (self.open > 0 or self.is_torn) and at - self.last_at < SILENCE_S


def interleaved(book: Iterable[Seen]) -> tuple[list[str], Counter[str]]:
    """Violations in words, and how many questions each bus has carried."""
    talks: dict[str, dict[int, _Talk]] = {}
    found, questions = list[str](), Counter[str]()
    for seen in book:
        bus = talks.setdefault(seen.bus, {})
        if seen.what == "asked":
            questions[seen.bus] += 1
            found += [
                f"{seen.bus} at {seen.at:.3f}: connection {seen.connection} speaks while {number} is asking"
                for number, talk in bus.items()
                if number != seen.connection and talk.holds(seen.at)
            ]
        bus.setdefault(seen.connection, _Talk()).take(seen)
    return found, questions
