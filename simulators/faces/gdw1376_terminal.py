"""A simulated terminal's side of Q/GDW 376.1, without I/O: frames of a master in, frames out. Meters hang on its port.

It answers questions and forwards to its RS-485 port; everything that sets, controls, resets or loads is denied. It
repeats its last answer to a repeated question, and throws away what has become stale on the way.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols.errors import RemoteProtocolError
from protocols.gdw1376 import Connection, EventCounters, Frame, FrameReceived, TimeTag, encode, identifiers, split
from protocols.gdw1376 import frame as frames
from protocols.gdw1376.replies import USER_DATA, deny_all
from simulators.faces import gdw1376_data as data
from simulators.faces.dlt645_bus import Dlt645Bus
from simulators.faces.gdw1376_format import full_time, minute
from simulators.meter import SimulatedMeter
from simulators.slots import TARIFFS
from simulators.witness import Exchange, Truth, Witness

PROTOCOL = "gdw1376"
RS485_PORT = 2
MOST_POINTS = 2032
QUERY, CURRENT, HISTORY, EVENTS, FORWARD = 0x0A, 0x0C, 0x0D, 0x0E, 0x10
POWER_ON = 14
DLT645_2007, RATE_2400, DIGITS = 30, 3, (6 - 4) << 2 | (2 - 1)
_NO_TRUTHS: tuple[Truth, ...] = ()
_Said = tuple[bytes, tuple[Truth, ...]]


class SimulatedTerminal:
    """District, number, and meters as measuring points from 1 on, in the order given."""

    def __init__(
        self,
        address: tuple[str, int],
        meters: Sequence[SimulatedMeter],
        *,
        now: Callable[[], datetime],
        witness: Witness,
        password_size: int = 16,
    ) -> None:
        self.district, self.number = address
        self._meters: Mapping[int, SimulatedMeter] = dict(enumerate(meters, 1))
        self._zone: ZoneInfo = meters[0].spec.zone
        self._now, self._witness, self._password_size = now, witness, password_size
        self._bus = Dlt645Bus(meters, now=now, witness=witness)
        self._connection = Connection()
        self._last: tuple[Frame, bytes] | None = None
        self.started_at = now()
        self.has_news = True
        self.heartbeat_min = 15

    def reconnected(self) -> None:
        """A new connection: what was half received is gone."""
        self._connection = Connection()
        self._last = None

    def receive(self, raw: bytes) -> list[Frame | bytes]:
        """Confirmations of the master as frames, for whoever waits for them, and bytes to send."""
        said: list[Frame | bytes] = []
        for event in self._connection.receive(raw):
            if not isinstance(event, FrameReceived):
                self._witness.noise(self._now(), PROTOCOL, event.raw, event.reason)
            elif (event.frame.district, event.frame.terminal) == (self.district, self.number):
                said += self._hear(event.frame, event.raw)
        return said

    def begin(self, afn: int, function: int, sequence: int, units: bytes = b"") -> bytes:
        """A frame that the terminal begins and wants to have confirmed."""
        link_function = 9 if afn == 0x02 else 4
        body = identifiers.one(0, function) + units
        control = frames.up(link_function, primary=True)
        seq = frames.seq(sequence, confirm=True)
        raw = encode(Frame(control, self.district, self.number, 0, afn, seq, body))
        self._witness.frame(Exchange(self._now(), PROTOCOL, None, b"", raw))
        return raw

    def power_on_report(self, sequence: int) -> bytes:
        """ERC14, as an important event."""
        return self.begin(EVENTS, 1, sequence, self._events(0, 1))

    def _hear(self, frame: Frame, raw: bytes) -> list[Frame | bytes]:
        if frame.is_up or frame.is_group:
            return []
        if not frame.is_primary:
            self._witness.frame(Exchange(self._now(), PROTOCOL, None, raw))
            return [frame]
        if self._last is not None and frame.frame_count_is_valid and frame == self._last[0]:
            reply: bytes | None = self._last[1]
            truths = _NO_TRUTHS
        else:
            reply, truths = self._answer(frame)
        if reply is not None:
            self._last = frame, reply
        self._witness.frame(Exchange(self._now(), PROTOCOL, self._meant(frame), raw, reply, truths))
        return [] if reply is None else [reply]

    def _meant(self, frame: Frame) -> str | None:
        """The meter whose data are asked for, where it is one."""
        points = identifiers.points_of(frame.data[:2]) if len(frame.data) >= identifiers.IDENTIFIER_SIZE else ()
        meter = self._meters.get(points[0]) if len(points) == 1 else None
        return meter.address if meter is not None else None

    def _answer(self, request: Frame) -> tuple[bytes | None, tuple[Truth, ...]]:
        try:
            units, auxiliary = split(request, self._password_size)
        except RemoteProtocolError:
            return encode(deny_all(request)), _NO_TRUTHS
        if auxiliary.time_tag is not None and self._is_stale(auxiliary.time_tag):
            return None, _NO_TRUTHS
        said = self._tell(request.afn, units)
        if said is None:
            return encode(deny_all(request)), _NO_TRUTHS
        tail = bytes(EventCounters(1, 0)) if self.has_news else b""
        control = frames.up(USER_DATA, events=self.has_news)
        reply = request._replace(control=control, seq=frames.seq(request.sequence), data=said[0] + tail)
        return encode(reply), said[1]

    def _tell(self, afn: int, units: bytes) -> _Said | None:
        """All units of a request, or None where one of them cannot be told."""
        whole, truths, at = b"", _NO_TRUTHS, 0
        while at + identifiers.IDENTIFIER_SIZE <= len(units):
            named = identifiers.parse(units[at : at + identifiers.IDENTIFIER_SIZE])
            at += identifiers.IDENTIFIER_SIZE
            for point, function in named.pairs():
                told = self._tell_one(afn, (point, function), units[at:])
                if told is None:
                    return None
                size, body, true = told
                at += size
                whole += identifiers.one(point, function) + body
                truths += true
        return (whole, truths) if whole and at == len(units) else None

    def _tell_one(self, afn: int, place: tuple[int, int], rest: bytes) -> tuple[int, bytes, tuple[Truth, ...]] | None:
        """How much of the request belongs to this unit, what is told, and what is true."""
        point, function = place
        if point == 0:
            return self._tell_of_itself(afn, function, rest)
        meter, at = self._meters.get(point), self._now()
        if meter is None or afn not in (CURRENT, HISTORY):
            return None
        size = data.when_size(function) if afn == HISTORY else 0
        if len(rest) < size:
            return None
        told = data.current(meter, function, at) if afn == CURRENT else data.history(meter, function, rest[:size], at)
        return (size, told.data, told.truths) if told is not None else None

    def _tell_of_itself(self, afn: int, function: int, rest: bytes) -> tuple[int, bytes, tuple[Truth, ...]] | None:
        local = self._now().astimezone(self._zone)
        match afn, function:
            case (0x0C, 2):
                return 0, full_time(local), _NO_TRUTHS
            case (0x0C, 7):
                return 0, bytes(EventCounters(1, 0)), _NO_TRUTHS
            case (0x0A, 1):
                return 0, bytes((0, 0, 30, 0x30, 0x04, self.heartbeat_min)), _NO_TRUTHS
            case (0x0A, 10):
                return self._meter_file(rest)
            case (0x0E, 1 | 2) if len(rest) >= 2:
                self.has_news = self.has_news and function != 1
                return 2, self._events(rest[0], rest[1]) if function == 1 else bytes((1, 0, rest[0], rest[0])), ()
            case (0x10, 1):
                return self._forward(rest)
        return None

    def _meter_file(self, rest: bytes) -> tuple[int, bytes, tuple[Truth, ...]] | None:
        count = int.from_bytes(rest[:2], "little")
        size = 2 + 2 * count
        if len(rest) < size:
            return None
        indices = [int.from_bytes(rest[at : at + 2], "little") for at in range(2, size, 2)]
        entries = [self._entry(index) for index in indices if index in self._meters]
        return size, len(entries).to_bytes(2, "little") + b"".join(entries), _NO_TRUTHS

    def _entry(self, index: int) -> bytes:
        place = index.to_bytes(2, "little") * 2 + bytes((RATE_2400 << 5 | RS485_PORT, DLT645_2007))
        address = bytes.fromhex(self._meters[index].address)[::-1]
        return place + address + bytes(6) + bytes((TARIFFS, DIGITS)) + bytes(6) + bytes(1)

    def _events(self, first: int, last: int) -> bytes:
        """The one event that this terminal knows: its power came on."""
        head = bytes((1, 0, first, last))
        if (last - first) % 256 == 0 or first != 0:
            return head[:3] + bytes((first,))
        body = minute(self.started_at.astimezone(self._zone)) + b"\xee" * 5
        return head[:3] + b"\x01" + bytes((POWER_ON, len(body))) + body

    def _forward(self, rest: bytes) -> tuple[int, bytes, tuple[Truth, ...]] | None:
        """Through the port to the bus; where nobody answers, no bytes come back."""
        if len(rest) < 6:
            return None
        port, length = rest[0], int.from_bytes(rest[4:6], "little")
        inner = rest[6 : 6 + length]
        if len(inner) != length:
            return None
        heard = b""
        if port == RS485_PORT:
            session = self._bus.session()
            heard = b"".join([*session.receive(inner), *session.line_idle()])
        return 6 + length, bytes((port,)) + len(heard).to_bytes(2, "little") + heard, _NO_TRUTHS

    def _is_stale(self, tag: TimeTag) -> bool:
        """Sent longer ago than it may be. A tag names no month: the nearest day of that number is meant."""
        if not tag.allowed_delay_min or tag.sent is None:
            return False
        now = self._now().astimezone(self._zone).replace(tzinfo=None)
        day, clock = tag.sent.split()
        candidates = [now.date() - timedelta(days=back) for back in range(-1, 40)]
        sent_on = next((one for one in candidates if one.day == int(day)), None)
        if sent_on is None:
            return True
        sent = datetime.combine(sent_on, time.fromisoformat(clock))
        return now > sent + timedelta(minutes=tag.allowed_delay_min)
