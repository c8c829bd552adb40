"""What a terminal answered, as events for drivers: whole messages, or the bytes that a meter behind it said.

The link has judged sequence and sender before; here frames become answers again, without I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from collectors.conversation import LineParser
from protocols import gdw1376
from protocols.gdw1376.data_units import Unit

FORWARD = 0x10


class Heard(NamedTuple):
    """A whole answer; `raw` are all its frames."""

    message: gdw1376.Message
    raw: bytes

    def units(self) -> Sequence[Unit]:
        """What it tells, as far as it can be read."""
        frame = self.message.frame
        return gdw1376.walk(self.message.units, frame.afn, is_up=True, edition=frame.edition)[0]


class Unheard(NamedTuple):
    """Bytes or frames that made no answer."""

    raw: bytes
    reason: str


class Passed(NamedTuple):
    """An event of the meter's own protocol, by the port through which it came."""

    port: int
    event: Any  # Any: each protocol has its own events
    raw: bytes


class NothingCame(NamedTuple):
    """The terminal answered for a meter that did not; `port` is None where it denied the request."""

    port: int | None
    raw: bytes


class MessageParser:
    """LineParser of a terminal's own answers."""

    def __init__(self) -> None:
        self._connection, self._assembler = gdw1376.Connection(), gdw1376.Assembler()
        self._raw = b""

    def receive(self, data: bytes) -> list[Heard | Unheard]:
        """See LineParser."""
        return [said for event in self._connection.receive(data) for said in self._take(event)]

    def line_idle(self) -> list[Heard | Unheard]:
        """See LineParser."""
        return [said for event in self._connection.line_idle() for said in self._take(event)]

    def _take(self, event: gdw1376.Event) -> list[Heard | Unheard]:
        if isinstance(event, gdw1376.NoiseReceived):
            return [Unheard(event.raw, event.reason)]
        self._raw = event.raw if event.frame.is_first else self._raw + event.raw
        return [
            Unheard(event.raw, whole.reason) if isinstance(whole, gdw1376.Broken) else Heard(whole, self._raw)
            for whole in self._assembler.add(event.frame)
        ]


class ForwardedParser:
    """LineParser of what meters behind ports say. Each answer of the terminal holds all that came, so it ends there."""

    def __init__(self, meter: LineParser) -> None:
        self._outer, self._meter = MessageParser(), meter

    def receive(self, data: bytes) -> list[Any]:  # Any: each protocol has its own events
        """See LineParser."""
        return [said for event in self._outer.receive(data) for said in self._take(event)]

    def line_idle(self) -> list[Any]:  # Any: as above
        """See LineParser."""
        return [said for event in self._outer.line_idle() for said in self._take(event)]

    def _take(self, event: Heard | Unheard) -> list[Any]:  # Any: as above
        if isinstance(event, Unheard):
            return [event]
        if event.message.frame.afn != FORWARD:
            return [NothingCame(None, event.raw)]
        unit = next(iter(event.units()), None)
        told = {value.name: value for value in unit.values} if unit is not None else {}
        if "forwarded" not in told:
            return [Unheard(event.raw, "forwarding is not understood")]
        port, inner = int(told["port"].number or 0), bytes.fromhex(told["forwarded"].text)
        if not inner:
            return [NothingCame(port, event.raw)]
        said = [*self._meter.receive(inner), *self._meter.line_idle()]
        return [Passed(port, one, one.raw) for one in said]
