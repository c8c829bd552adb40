"""From chunks to frames: each stream of a capture goes through a connection of its protocol, however it was cut.

A frame is believed as on the line itself; all other bytes are noise with its reason. Which protocol it is, the bytes
say: the one whose frames cover most of them. Describes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from collectors.captures.chunk import Chunk, Direction
from collectors.conversation import LineParser
from protocols import dlt645, dlt698, gdw1376
from protocols.modbus import Connection as ModbusConnection
from protocols.modbus import Mbap, Role, Rtu

IDLE = timedelta(seconds=0.5)  # the longest silence inside a frame
UNKNOWN_PROTOCOL = "unknown"
_BOTH = {Direction.TO_METERS: Role.METER, Direction.FROM_METERS: Role.MASTER}
Parsers = Callable[[Direction], Sequence[tuple[Direction, LineParser]]]


@dataclass(frozen=True, slots=True)
class Saying:
    """One frame, or one piece of noise with its reason; `at` its first byte came, `until` its last."""

    at: datetime
    until: datetime
    direction: Direction
    connection: int
    raw: bytes
    noise: str | None = None


def _alike(connection: Callable[[], LineParser]) -> Parsers:
    return lambda direction: [(direction, connection())]


def _modbus(framing: Callable[[Role], Mbap | Rtu]) -> Parsers:
    """Requests and responses are told apart only by who hears them; on a tap both are listened for."""

    def parsers(direction: Direction) -> Sequence[tuple[Direction, LineParser]]:
        heard = _BOTH if direction is Direction.UNKNOWN else {direction: _BOTH[direction]}
        return [(said, ModbusConnection(framing(role))) for said, role in heard.items()]

    return parsers


PROTOCOLS: Mapping[str, Parsers] = {
    "dlt698": _alike(dlt698.Connection),
    "gdw1376": _alike(gdw1376.Connection),
    "dlt645": _alike(dlt645.Connection),
    "modbus-tcp": _modbus(Mbap),
    "modbus-rtu": _modbus(Rtu),
}


def understand(chunks: Sequence[Chunk], protocol: str = "auto") -> tuple[str, list[Saying]]:
    """The protocol's name and everything said, in order of time. Bytes of no protocol are said as they came."""
    names = PROTOCOLS if protocol == "auto" else (protocol,)
    heard = {name: _sayings(chunks, PROTOCOLS[name]) for name in names}
    name = max(heard, key=lambda name: _understood(heard[name]))
    if not _understood(heard[name]):
        raw = [Saying(c.at, c.at, c.direction, c.connection, c.data, "no frame of a known protocol") for c in chunks]
        return (UNKNOWN_PROTOCOL if protocol == "auto" else protocol), raw
    return name, sorted(heard[name], key=lambda saying: saying.at)


def _understood(sayings: Iterable[Saying]) -> int:
    return sum(len(saying.raw) for saying in sayings if saying.noise is None)


def _sayings(chunks: Sequence[Chunk], parsers: Parsers) -> list[Saying]:
    def stream(chunk: Chunk) -> tuple[int, str]:
        return chunk.connection, chunk.direction

    said: list[Saying] = []
    for _, run in groupby(sorted(chunks, key=stream), key=stream):
        members = list(run)
        several = parsers(members[0].direction)
        for direction, parser in several:
            found = _Stream(direction, parser).hear(members)
            said += found if len(several) == 1 else [s for s in found if s.noise is None]
    return said


class _Stream:
    """One direction of one connection."""

    def __init__(self, direction: Direction, parser: LineParser) -> None:
        self._direction, self._parser = direction, parser
        self._begun: datetime | None = None
        self._said: list[Saying] = []

    def hear(self, chunks: Sequence[Chunk]) -> list[Saying]:
        """All of it; silence ends what was begun."""
        last = chunks[0]
        for chunk in chunks:
            if chunk.at - last.at > IDLE:
                self._take(self._parser.line_idle(), last)
            self._begun = self._begun or chunk.at
            self._take(self._parser.receive(chunk.data), chunk)
            last = chunk
        self._take(self._parser.line_idle(), last)
        return self._said

    def _take(self, events: Sequence[Any], chunk: Chunk) -> None:  # Any: events differ by protocol
        for event in events:
            at, reason = self._begun or chunk.at, getattr(event, "reason", None)
            noise = None if reason is None else str(reason)
            self._said.append(Saying(at, chunk.at, self._direction, chunk.connection, bytes(event.raw), noise))
            self._begun = None
