"""One meter's side of DL/T 645-2007: a request frame to a reply frame, or to silence. No bus, no bytes, no log.

Reading, the address, the broadcast time and writing the clock work; all else that writes or switches is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from protocols.dlt645 import Frame, address_reply, error_reply, read_reply, read_request
from protocols.dlt645.frame import BROADCAST_ADDRESS
from protocols.dlt645.requests import ReadRequest
from simulators.faces.dlt645_format import Told
from simulators.faces.dlt645_history import freeze, load_records
from simulators.faces.dlt645_parameters import parameter
from simulators.faces.dlt645_registers import demand, energy, instantaneous
from simulators.meter import SimulatedMeter
from simulators.witness import Truth

OTHER_ERROR, NO_DATA, NOT_AUTHORISED, RATE_FIXED = 0x01, 0x02, 0x04, 0x08
IDENTITY_NOT_AUTHENTICATED = b"\x08\x00"
DATE, TIME = "04000101", "04000102"
CLOCK_ITEMS = {DATE: 4, TIME: 3}
LARGEST_SHIFT = timedelta(minutes=5)
NEAR_MIDNIGHT = timedelta(minutes=5)

Family = Callable[[SimulatedMeter, bytes, datetime], Told | None]

FAMILIES: Mapping[int, Family] = {
    0x00: energy,
    0x01: demand,
    0x02: instantaneous,
    0x04: parameter,
    0x05: freeze,
}
LOAD_RECORDS = 0x06


@dataclass(frozen=True, slots=True)
class ClockSet:
    """What the clock showed before and after, as UTC."""

    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """`frame` is None where the meter stays silent."""

    frame: Frame | None = None
    truths: tuple[Truth, ...] = ()
    clock_set: ClockSet | None = None


SILENCE = Answer()


class Dlt645Meter:
    """Keeps what the protocol makes a meter remember: pieces still to fetch and the day its clock was set."""

    def __init__(self, meter: SimulatedMeter) -> None:
        self.meter = meter
        self._pieces: list[Frame] = []
        self._clock_set_on: date | None = None

    def answer(self, request: Frame, at: datetime) -> Answer:
        """A broadcast is obeyed in silence; so is a function the manual does not know ignored."""
        handler = HANDLERS.get(request.control)
        if handler is None:
            return SILENCE
        answer = handler(self, request, at)
        return Answer(clock_set=answer.clock_set) if request.address == BROADCAST_ADDRESS else answer

    def _read(self, frame: Frame, at: datetime) -> Answer:
        request = read_request(frame)
        if request is None:
            return self._refuse(frame, OTHER_ERROR)
        try:
            told = self._tell(request, at)
        except OverflowError:  # a value its item cannot hold: better no answer than a cut number
            return self._refuse(frame, OTHER_ERROR)
        if told is None:
            return self._refuse(frame, NO_DATA)
        self._pieces = read_reply(frame, told.payload, address=self.meter.address)
        return Answer(self._pieces[0], told.truths)

    def _read_follow_up(self, frame: Frame, at: datetime) -> Answer:
        request = read_request(frame)
        if request is None or not request.sequence:
            return self._refuse(frame, OTHER_ERROR)
        if request.sequence >= len(self._pieces) or self._pieces[0].data[:4] != frame.data[:4]:
            return self._refuse(frame, NO_DATA)
        return Answer(self._pieces[request.sequence])

    def _read_address(self, frame: Frame, at: datetime) -> Answer:
        return Answer(address_reply(self.meter.address))

    def _set_clock(self, frame: Frame, at: datetime) -> Answer:
        """Once a day, by at most five minutes, and not around midnight."""
        clock = self.meter.clock
        before, shown = clock.reading(at), clock.local(at)
        wanted = _clock_digits(frame.data, shown)
        if wanted is None or self._clock_set_on == shown.date():
            return SILENCE
        after = clock.from_local(wanted)
        if abs(after - before) > LARGEST_SHIFT or _is_near_midnight(shown) or _is_near_midnight(wanted):
            return SILENCE
        clock.set(at, after)
        self._clock_set_on = shown.date()
        return Answer(clock_set=ClockSet(before.astimezone(UTC), after))

    def _write(self, frame: Frame, at: datetime) -> Answer:
        """Date or time, by whoever knows the password; nothing else is written here."""
        di, access, written = frame.data[3::-1].hex(), frame.data[4:8], frame.data[12:]
        clock = self.meter.clock
        known = bytes.fromhex(self.meter.spec.password)
        if not known or access != known[:1] + known[:0:-1]:
            return self._refuse(frame, NOT_AUTHORISED)
        wanted = _written_clock(di, written, clock.local(at))
        if wanted is None:
            return self._refuse(frame, NO_DATA if di not in CLOCK_ITEMS else OTHER_ERROR)
        before, after = clock.reading(at), clock.from_local(wanted)
        clock.set(at, after)
        accepted = Frame(self.meter.address, 0x94)
        return Answer(accepted, clock_set=ClockSet(before.astimezone(UTC), after))

    def _refuse_unauthorised(self, frame: Frame, at: datetime) -> Answer:
        return self._refuse(frame, NOT_AUTHORISED)

    def _refuse_rate(self, frame: Frame, at: datetime) -> Answer:
        return self._refuse(frame, RATE_FIXED)

    def _refuse_authentication(self, frame: Frame, at: datetime) -> Answer:
        return Answer(Frame(self.meter.address, 0xC3, IDENTITY_NOT_AUTHENTICATED))

    def _refuse(self, frame: Frame, word: int) -> Answer:
        return Answer(error_reply(frame, word, address=self.meter.address))

    def _tell(self, request: ReadRequest, at: datetime) -> Told | None:
        di = bytes.fromhex(request.di)
        if di[0] == LOAD_RECORDS:
            return load_records(self.meter, di, request, at)
        family = FAMILIES.get(di[0])
        return family(self.meter, di, at) if family else None


# Writing an address (15) has no error reply: the meter that does not obey is silent.
HANDLERS: Mapping[int, Callable[[Dlt645Meter, Frame, datetime], Answer]] = {
    0x03: Dlt645Meter._refuse_authentication,
    0x08: Dlt645Meter._set_clock,
    0x11: Dlt645Meter._read,
    0x12: Dlt645Meter._read_follow_up,
    0x13: Dlt645Meter._read_address,
    0x14: Dlt645Meter._write,
    0x17: Dlt645Meter._refuse_rate,
    **dict.fromkeys((22, 24, 25, 26, 27, 28, 29), Dlt645Meter._refuse_unauthorised),
}


def _clock_digits(data: bytes, shown: datetime) -> datetime | None:
    """ss mm hh DD MM YY."""
    digits = data[::-1].hex()
    if len(data) != 6 or not digits.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(digits[n : n + 2]) for n in range(0, 12, 2))
    try:
        return shown.replace(year=2000 + year, month=month, day=day, hour=hour, minute=minute, second=second)
    except ValueError:
        return None


def _written_clock(di: str, written: bytes, shown: datetime) -> datetime | None:
    """The date with its weekday, or the time, put in the place of what the clock shows."""
    digits = written[::-1].hex()
    if len(written) != CLOCK_ITEMS.get(di, 0) or not digits.isdecimal():
        return None
    first, second, third = (int(digits[n : n + 2]) for n in (0, 2, 4))
    try:
        if di == DATE:
            return shown.replace(year=2000 + first, month=second, day=third)
        return shown.replace(hour=first, minute=second, second=third)
    except ValueError:
        return None


def _is_near_midnight(shown: datetime) -> bool:
    since = timedelta(hours=shown.hour, minutes=shown.minute, seconds=shown.second)
    return since < NEAR_MIDNIGHT or since >= timedelta(days=1) - NEAR_MIDNIGHT
