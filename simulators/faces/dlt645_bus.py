"""A DL/T 645-2007 bus of simulated meters: bytes in, reply bytes out. No socket; time comes from `now`.

All meters hear everything. One with a full address answers alone; several that answer a wildcard collide.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce

from protocols.dlt645 import (
    BROADCAST_ADDRESS,
    Connection,
    Event,
    Frame,
    FrameReceived,
    encode,
)
from simulators.faces.dlt645_meter import Answer, Dlt645Meter
from simulators.meter import SimulatedMeter
from simulators.witness import Exchange, Truth, Witness

PROTOCOL = "dlt645"


class Dlt645Bus:
    """The meters of one line, whoever is connected to it."""

    def __init__(self, meters: Sequence[SimulatedMeter], *, now: Callable[[], datetime], witness: Witness) -> None:
        self._meters: dict[str, Dlt645Meter] = {meter.address: Dlt645Meter(meter) for meter in meters}
        if len(self._meters) != len(meters):
            raise ValueError("two meters of one line have the same address")
        self._now = now
        self._witness = witness

    def exchange_meter(self, meter: SimulatedMeter) -> None:
        """From now on this one answers to its address, in the place of whoever did."""
        self._meters[meter.address] = Dlt645Meter(meter)

    def take_away(self, address: str) -> None:
        """From now on nobody answers to this address."""
        self._meters.pop(address, None)

    def session(self) -> "Dlt645Session":
        """A new listener on the line: one per connection."""
        return Dlt645Session(self)

    def exchange(self, request: Frame, raw: bytes) -> bytes | None:
        """What the line carries back for one frame, or nothing."""
        at = self._now()
        meters = () if request.is_reply else self._addressed(request.address)
        answers = [(meter, meter.answer(request, at)) for meter in meters]
        replies = [encode(answer.frame) for _, answer in answers if answer.frame is not None]
        reply = reduce(collide, replies) if replies else None
        self._testify(at, raw, reply, answers)
        return reply

    def hear_noise(self, raw: bytes, reason: str) -> None:
        self._witness.noise(self._now(), PROTOCOL, raw, reason)

    def _addressed(self, address: str) -> Sequence[Dlt645Meter]:
        meter = self._meters.get(address)
        if meter is not None:
            return (meter,)
        if address == BROADCAST_ADDRESS:
            return tuple(self._meters.values())
        if address.startswith("AA"):
            tail = address.lstrip("A")
            return tuple(meter for own, meter in self._meters.items() if own.endswith(tail))
        return ()

    def _testify(
        self, at: datetime, raw: bytes, reply: bytes | None, answers: Sequence[tuple[Dlt645Meter, Answer]]
    ) -> None:
        name, truths = None, tuple[Truth, ...]()
        if len(answers) == 1:
            meter, answer = answers[0]
            name, truths = meter.meter.address, answer.truths
        self._witness.frame(Exchange(at, PROTOCOL, name, raw, reply, truths))
        for meter, answer in answers:
            if answer.clock_set is not None:
                self._witness.clock(at, meter.meter.address, answer.clock_set.before, answer.clock_set.after)


class Dlt645Session:
    """One connection's view of the bus: finds frames in its bytes and gives back what to send."""

    def __init__(self, bus: Dlt645Bus) -> None:
        self._bus = bus
        self._connection = Connection()

    def receive(self, data: bytes) -> list[bytes]:
        return self._replies(self._connection.receive(data))

    def line_idle(self) -> list[bytes]:
        """Silence on the line: a half-received frame will not be finished."""
        return self._replies(self._connection.line_idle())

    def _replies(self, events: Sequence[Event]) -> list[bytes]:
        replies = []
        for event in events:
            if isinstance(event, FrameReceived):
                reply = self._bus.exchange(event.frame, event.raw)
                if reply is not None:
                    replies.append(reply)
            else:
                self._bus.hear_noise(event.raw, event.reason)
        return replies


def collide(one: bytes, other: bytes) -> bytes:
    """Two senders at once: a low level of either pulls the line low, so bits are ANDed; the longer one ends alone."""
    shorter, longer = sorted((one, other), key=len)
    mixed = bytes(a & b for a, b in zip(shorter, longer, strict=False))
    return mixed + longer[len(shorter) :]
