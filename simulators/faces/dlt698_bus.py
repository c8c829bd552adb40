"""A line of simulated DL/T 698.45 meters: bytes in, reply bytes out. No socket; time comes from `now`.

All meters hear everything. One with a full address answers alone; several that answer a wildcard collide; a broadcast
and a group are met with silence.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import reduce

from protocols.dlt698 import AddressKind, Connection, Event, Frame, FrameReceived, ServerAddress, encode
from simulators.faces.dlt645_bus import collide
from simulators.faces.dlt698_meter import LARGEST_APDU, Answer, Dlt698Meter
from simulators.meter import SimulatedMeter
from simulators.witness import Exchange, Truth, Witness

PROTOCOL = "dlt698"
ANY_DIGIT = "A"
ANSWERED = (AddressKind.SINGLE, AddressKind.WILDCARD)


class Dlt698Bus:
    """The meters of one line, whoever is connected to it."""

    def __init__(
        self,
        meters: Sequence[SimulatedMeter],
        *,
        now: Callable[[], datetime],
        witness: Witness,
        largest_apdu: int = LARGEST_APDU,
    ) -> None:
        self._meters: Mapping[str, Dlt698Meter] = {m.address: Dlt698Meter(m, largest_apdu) for m in meters}
        if len(self._meters) != len(meters):
            raise ValueError("two meters of one line have the same address")
        self._now = now
        self._witness = witness

    def session(self) -> "Dlt698Session":
        """A new listener on the line: one per connection."""
        return Dlt698Session(self)

    def exchange(self, request: Frame, raw: bytes) -> bytes | None:
        """What the line carries back for one frame, or nothing."""
        at = self._now()
        meters = () if request.is_from_server else self._addressed(request.server)
        answers = [(meter, meter.answer(request, at)) for meter in meters]
        replies = [encode(answer.frame) for _, answer in answers if answer.frame is not None]
        reply = reduce(collide, replies) if replies else None
        self._testify(at, raw, reply, answers)
        return reply

    def hear_noise(self, raw: bytes, reason: str) -> None:
        self._witness.noise(self._now(), PROTOCOL, raw, reason)

    def _addressed(self, server: ServerAddress) -> Sequence[Dlt698Meter]:
        if server.kind not in ANSWERED:
            return ()
        meter = self._meters.get(server.digits)
        if meter is not None:
            return (meter,)
        return tuple(meter for own, meter in self._meters.items() if _matches(server.digits, own))

    def _testify(
        self, at: datetime, raw: bytes, reply: bytes | None, answers: Sequence[tuple[Dlt698Meter, Answer]]
    ) -> None:
        name, truths = None, tuple[Truth, ...]()
        if len(answers) == 1:
            meter, answer = answers[0]
            name, truths = meter.meter.address, answer.truths
        self._witness.frame(Exchange(at, PROTOCOL, name, raw, reply, truths))


class Dlt698Session:
    """One connection's view of the line: finds frames in its bytes and gives back what to send."""

    def __init__(self, bus: Dlt698Bus) -> None:
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


def _matches(asked: str, own: str) -> bool:
    """Digit by digit; A stands for any."""
    return len(asked) == len(own) and all(a in (ANY_DIGIT, o) for a, o in zip(asked, own, strict=True))
