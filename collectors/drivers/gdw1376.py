"""Q/GDW 376.1 driver: what a terminal keeps of a measuring point. Holds no line, knows no sequence; it only reads.

A value bears the time at which the terminal read its meter, by the terminal's clock. `clock` is that clock. What the
terminal marks as not available is not present.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from collectors.conversation import Answer, Ask, Conversation, LineParser
from collectors.driver import Site
from collectors.line_urls import parse_line
from collectors.places import place_of
from collectors.session import MeterSession
from collectors.terminals.address import TerminalAddress
from collectors.terminals.messages import Heard, MessageParser
from collectors.terminals.profile import Gdw1376Profile
from collectors.terminals.settings import terminal_settings
from collectors.units import power_of_ten
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import NoAnswer, UnknownReadingType
from headend.domain.metering import Line, MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame, ReadingSource
from protocols import gdw1376
from protocols.gdw1376.formats import NOT_AVAILABLE, Quantity, Value
from protocols.gdw1376.functions import function_name
from protocols.gdw1376.identifiers import IDENTIFIER_SIZE, one
from protocols.gdw1376.replies import NO_DATA

CLOCK = "clock"
CURRENT, HISTORY, CONFIRM = 0x0C, 0x0D, 0x00
TERMINAL_POINT, TERMINAL_CLOCK = 0, 2
DAY = timedelta(days=1)
PERCENT = "%"
REMARKED = "reactive_power"  # read against the standard, because the rest of the frame contradicts it
_ANY_TURN = gdw1376.Turn(0)  # the line gives every request its turn


@dataclass(frozen=True, slots=True)
class _Told:
    """What one function of one point told, by name."""

    values: Mapping[str, Value]
    frame: RawFrame
    remark: str | None = None

    def text(self, name: str) -> str:
        """Empty where it is not available."""
        value = self.values.get(name)
        return value.text if value is not None and not value.problem else ""


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why a function told nothing."""

    error: ItemError
    reason: str
    frame: RawFrame | None = None


class Gdw1376Driver:
    """StreamDriver of the data that terminals keep."""

    def __init__(self, profiles: Mapping[str, Gdw1376Profile], site: Site) -> None:
        self._profiles, self._site = profiles, site

    def parser(self, line: Line) -> LineParser:
        """See StreamDriver."""
        return MessageParser()

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See StreamDriver."""
        return self._profile(installation).periodic

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        session = _Session(installation, source, self._site, self._profile(installation))
        wanted = {item: place_of(item, session.profile, self._site.types) for item in items if item != CLOCK}
        told: dict[int, _Told | _Failed] = {}
        for item in items:
            function = TERMINAL_CLOCK if item == CLOCK else wanted[item]
            if isinstance(function, str):
                session.fail(item, ItemError.NOT_SUPPORTED, function)
                continue
            if function not in told:
                told[function] = yield from _ask_current(session, function)
            outcome = told[function]
            if isinstance(outcome, _Failed):
                session.fail(item, outcome.error, outcome.reason, outcome.frame)
            elif item == CLOCK:
                _tell_clock(session, outcome)
            else:
                _tell_now(session, item, outcome)
        return session.answer()

    def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> Conversation[MeterAnswer]:
        """See StreamDriver. What a terminal calls a day's is what stood at that day's end."""
        session = _Session(installation, ReadingSource.DAILY_FREEZE, self._site, self._profile(installation))
        freeze = session.profile.daily_freeze
        today = self._site.now().astimezone(self._site.zone).date()
        for day in days if freeze else ():
            assert freeze is not None
            if 1 <= day <= freeze.days_kept:
                for function in freeze.functions:
                    yield from _read_day(session, function, today - day * DAY)
        return session.answer()

    def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        session = _Session(installation, ReadingSource.LOAD_PROFILE, self._site, self._profile(installation))
        curves = session.profile.load_profile
        done = 0
        while curves and done < slots and not session.is_silent:
            points = min(curves.points_per_request, slots - done)
            first = start + timedelta(seconds=curves.interval_s * done)
            for function in curves.functions:
                yield from _read_curve(session, function, first, points)
            done += points
        return session.answer()

    def _profile(self, installation: MeterInstallation) -> Gdw1376Profile:
        return self._profiles[installation.meter.profile]


class _Session(MeterSession):
    """A session about one measuring point of one terminal."""

    def __init__(
        self, installation: MeterInstallation, source: ReadingSource, site: Site, profile: Gdw1376Profile
    ) -> None:
        super().__init__(installation, source, site)
        self.profile = profile
        self.point = int(installation.meter.server_address)
        url = parse_line(installation.meter.line.url)
        self.terminal = terminal_settings(dict(url.options)).addressed(TerminalAddress.parse(url.terminal))

    def local(self, instant: datetime) -> str:
        """As the terminal writes it."""
        return f"{instant.astimezone(self.site.zone):%Y-%m-%d %H:%M}"


class _Answering:
    """Predicate: this event answers that function of that point, or denies."""

    __slots__ = ("_afn", "_identifier")

    def __init__(self, afn: int, identifier: bytes) -> None:
        self._afn, self._identifier = afn, identifier

    def __call__(self, event: object) -> bool:
        if not isinstance(event, Heard):
            return False
        message = event.message
        if message.frame.afn == CONFIRM or message.frame.link_function == NO_DATA:
            return True
        return message.frame.afn == self._afn and message.units[:IDENTIFIER_SIZE] == self._identifier


def _ask_current(session: _Session, function: int) -> Conversation[_Told | _Failed]:
    point = TERMINAL_POINT if function == TERMINAL_CLOCK else session.point
    frame = gdw1376.read_current(session.terminal, (point,), (function,), _ANY_TURN)
    return (yield from _ask(session, frame, point, function))


def _ask_history(session: _Session, function: int, when: Mapping[str, Quantity]) -> Conversation[_Told | _Failed]:
    frame = gdw1376.read_history(session.terminal, session.point, function, when, _ANY_TURN)
    return (yield from _ask(session, frame, session.point, function))


def _ask(session: _Session, frame: gdw1376.Frame, point: int, function: int) -> Conversation[_Told | _Failed]:
    if session.is_silent:
        return _Failed(ItemError.NO_ANSWER, "not asked: the terminal is silent")
    timing = session.profile.timing
    answers = _Answering(frame.afn, one(point, function))
    try:
        answer = yield Ask(gdw1376.encode(frame), answers, timing.timeout_s, timing.attempts)
    except NoAnswer as silence:
        return _Failed(ItemError.NO_ANSWER, str(silence))
    session.heard(answer)
    return _understood(answer, function)


def _understood(answer: Answer, function: int) -> _Told | _Failed:
    heard: Heard = answer.event
    frame = heard.message.frame
    name = f"AFN {frame.afn:02X} F{function} {function_name(frame.afn, function) or ''}".strip()
    if frame.afn == CONFIRM or frame.link_function == NO_DATA:
        return _Failed(ItemError.REFUSED, f"the terminal has no F{function} of this point", answer.frame)
    unit = next(iter(heard.units()), None)
    if unit is None or unit.problem:
        return _Failed(ItemError.INVALID_DATA, unit.problem or name if unit else f"{name} tells nothing", answer.frame)
    return _Told({value.name: value for value in unit.values}, answer.frame, unit.remark)


def _tell_clock(session: _Session, told: _Told) -> None:
    text = told.text("terminal_clock")
    if text:
        session.clock_told(session.shown_now(text), told.frame)
    else:
        session.fail(CLOCK, ItemError.NOT_PRESENT, "the terminal's clock is not available", told.frame)


def _tell_now(session: _Session, item: str, told: _Told) -> None:
    """A value, at the time at which the terminal read it."""
    value = told.values.get(session.site.types.find(item).name)
    if value is None:
        session.fail(item, ItemError.NOT_PRESENT, "the terminal told fewer values", told.frame)
        return
    read_at = told.text("read_at")
    doubt = frozenset({ReadingQuality.ESTIMATED}) if told.remark and value.name.startswith(REMARKED) else frozenset()
    measured_at = session.shown_now(read_at) if read_at else None
    _tell(session, item, value, frame=told.frame, measured_at=measured_at, qualities=doubt)


def _tell(
    session: _Session,
    item: str,
    value: Value,
    *,
    frame: RawFrame,
    measured_at: datetime | None,
    name: str = "",
    qualities: frozenset[ReadingQuality] = frozenset(),
) -> None:
    if value.problem or value.number is None:
        error = ItemError.NOT_PRESENT if value.problem == NOT_AVAILABLE else ItemError.INVALID_DATA
        session.fail(item, error, value.problem or "no number", frame, name=value.name)
        return
    reading_type = session.site.types.by_name(name or value.name)
    exponent = -2 if value.unit == PERCENT else power_of_ten(value.unit, reading_type.unit)
    assert exponent is not None, f"{value.unit} is no unit of {reading_type.name}"
    number = value.number.scaleb(exponent)
    session.value(
        item,
        reading_type,
        f"{number:f}",
        number,
        reading_type.unit,
        frame=frame,
        measured_at=measured_at,
        qualities=qualities,
    )


def _read_day(session: _Session, function: int, day: date) -> Conversation[None]:
    item = f"F{function} of {day}"
    told = yield from _ask_history(session, function, {"day": str(day)})
    if isinstance(told, _Failed):
        session.fail(item, told.error, told.reason, told.frame)
        return
    if told.text("day") != str(day):
        session.fail(item, ItemError.INVALID_DATA, f"the terminal told of {told.text('day') or 'no day'}", told.frame)
        return
    end = datetime.combine(day + DAY, datetime.min.time(), session.site.zone).astimezone(UTC)
    for value in told.values.values():
        _keep(session, item, value, end, value.name, frame=told.frame)


def _read_curve(session: _Session, function: int, first: datetime, points: int) -> Conversation[None]:
    curves = session.profile.load_profile
    assert curves is not None
    item, start = f"F{function} from {session.local(first)}", session.local(first)
    when: dict[str, Quantity] = {"start": start, "density": curves.density, "points": points}
    told = yield from _ask_history(session, function, when)
    if isinstance(told, _Failed):
        session.fail(item, told.error, told.reason, told.frame)
        return
    if told.text("start") != start or told.text("density") != str(curves.density):
        session.fail(item, ItemError.INVALID_DATA, f"the terminal told from {told.text('start')}", told.frame)
        return
    for value in told.values.values():
        name, _, number = value.name.rpartition("_")
        if name and number.isdecimal():
            stamp = first + timedelta(seconds=curves.interval_s * (int(number) - 1))
            _keep(session, item, value, stamp, name, frame=told.frame)


def _keep(session: _Session, item: str, value: Value, stamp: datetime, name: str, *, frame: RawFrame) -> None:
    """A stored value, where this site keeps readings of its quantity."""
    try:
        session.site.types.by_name(name)
    except UnknownReadingType:
        return
    _tell(session, item, value, frame=frame, measured_at=stamp, name=name)
