"""Meters behind one Modbus gateway or on one RS-485 bus: who answers a request, and with what.

Unit k is the k-th meter. Units that nobody has stay silent, as on a bus; a gateway may answer exception 0B instead.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from protocols.modbus import (
    Connection,
    Event,
    Frame,
    FrameReceived,
    Framing,
    exception_reply,
    read_reply,
    take_request,
)
from protocols.modbus.exceptions import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE
from protocols.modbus.frame import LARGEST_UNIT
from simulators.faces.modbus_registers import Sdm630
from simulators.faces.register_map import RegisterMap
from simulators.meter import SimulatedMeter
from simulators.witness import Exchange, Truth, Witness

PROTOCOL = "modbus"


class ModbusBus:
    """The meters of one line, whoever is connected to it."""

    def __init__(
        self,
        meters: Sequence[SimulatedMeter],
        framing: Framing,
        *,
        now: Callable[[], datetime],
        witness: Witness,
        registers: RegisterMap | None = None,
    ) -> None:
        if len(meters) > LARGEST_UNIT:
            raise ValueError(f"a Modbus line has at most {LARGEST_UNIT} units, {len(meters)} were asked for")
        self._meters, self._now, self._witness = meters, now, witness
        self._registers = registers or Sdm630()
        self.framing = framing

    def session(self) -> "ModbusSession":
        """A new listener on the line: one per connection."""
        return ModbusSession(self)

    def exchange(self, request: Frame, raw: bytes) -> bytes | None:
        """What the line carries back for one frame, or nothing."""
        at = self._now()
        if not 1 <= request.unit <= len(self._meters):
            self._witness.frame(Exchange(at, PROTOCOL, None, raw))
            return None
        meter = self._meters[request.unit - 1]
        answer, truths = _answer(self._registers, meter, request, at)
        reply = self.framing.encode(answer)
        self._witness.frame(Exchange(at, PROTOCOL, meter.address, raw, reply, truths))
        return reply

    def hear_noise(self, raw: bytes, reason: str) -> None:
        self._witness.noise(self._now(), PROTOCOL, raw, reason)


class ModbusSession:
    """One connection's view of the bus: finds frames in its bytes and gives back what to send."""

    def __init__(self, bus: ModbusBus) -> None:
        self._bus = bus
        self._connection = Connection(bus.framing)

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


def _answer(
    registers: RegisterMap, meter: SimulatedMeter, request: Frame, at: datetime
) -> tuple[Frame, tuple[Truth, ...]]:
    """One function is answered; every other, writing included, is refused."""
    read = take_request(request)
    if request.function != registers.function:
        return exception_reply(request, ILLEGAL_FUNCTION), ()
    if read is None or not 1 <= read.count <= registers.largest_read:
        return exception_reply(request, ILLEGAL_VALUE), ()
    image = registers.read(meter, range(read.address, read.address + read.count), at)
    if image is None:
        return exception_reply(request, ILLEGAL_ADDRESS), ()
    return read_reply(request, image.words), image.truths
