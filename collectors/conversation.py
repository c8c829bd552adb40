"""What a driver says and hears, without I/O: a generator of asks that returns its finding."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from headend.domain.readings import RawFrame


class LineParser(Protocol):
    """Sans-IO receiver of one line: bytes in, protocol events out."""

    def receive(self, data: bytes) -> list[Any]:  # Any: each protocol has its own events
        """Events completed by these bytes."""
        ...

    def line_idle(self) -> list[Any]:  # Any: as above
        """Silence: events of what was left half received."""
        ...


class Ask(NamedTuple):
    """One request and how to know its answer. `timeout_s` counts from the last byte written, per attempt.

    `baudrate` is the rate to speak at, 0 = the line's own; only serial lines have another.

    Ask and Answer are named tuples, because every exchange makes one of each and they build twice as fast.
    """

    request: bytes
    answers: Callable[[Any], bool]  # Any: an event of the line's parser
    timeout_s: float
    attempts: int = 2
    baudrate: int = 0


class Answer(NamedTuple):
    """The event that answered, the bytes on the wire, and when it was asked and heard (aware UTC)."""

    event: Any  # Any: an event of the line's parser
    frame: RawFrame
    asked_at: datetime
    received_at: datetime


Finding = TypeVar("Finding")
# NoAnswer is thrown into the generator when an ask stays unanswered; it may ask on or return what it has.
Conversation = Generator[Ask, Answer, Finding]
