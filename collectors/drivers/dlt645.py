"""DL/T 645-2007 driver: what to ask a meter and what its answers mean. Holds no line; values are the meter's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from collectors.agreed_reads import Agreement, Answering, Heard, fetch, fetch_agreed, same_bytes
from collectors.agreement import moved_on
from collectors.clock_setting import set_clock
from collectors.conversation import Ask, Conversation, LineParser
from collectors.driver import Site
from collectors.faster_rate import at_rate
from collectors.line_urls import parse_line
from collectors.profiles import Dlt645Profile
from collectors.session import MeterSession
from collectors.two_forms import fetch_in_two_forms, other_form
from headend.domain.clock_correction import Remedy, WriteAccess
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import MeterRefused, NoAnswer, UnknownReadingType
from headend.domain.metering import Line, MeterInstallation
from headend.domain.reading_types import ReadingKind, ReadingTypeTable
from headend.domain.readings import RawFrame, ReadingSource
from protocols import dlt645
from protocols.dlt645 import load_records
from protocols.dlt645.data_identifiers import decode, find
from protocols.dlt645.error_word import NO_DATA_REASON
from protocols.dlt645.formats import NOT_PRESENT, Value
from protocols.errors import ProtocolError

CLOCK, ADDRESS = "clock", "address"  # items of this protocol that are no reading types
HEX_DIGITS = "0123456789ABCDEFabcdef"
DAY = timedelta(days=1)
RACE = timedelta(minutes=1)
WORTH_A_CHANGE = 16  # slots of a curve: below, changing the rate and back costs more than it saves
FREEZE_SUFFIX = "_daily_freeze_"  # how the table of data identifiers names a frozen register


class Dlt645Driver:
    """StreamDriver of DL/T 645-2007."""

    def __init__(self, profiles: Mapping[str, Dlt645Profile], site: Site) -> None:
        self._profiles, self._site = profiles, site

    def parser(self, line: Line) -> LineParser:
        """See StreamDriver."""
        return dlt645.Connection()

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See StreamDriver."""
        return self._profile(installation).periodic

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        session = self._session(installation, source)
        for item in items:
            if session.is_silent:
                session.fail(item, ItemError.NO_ANSWER, "not asked: the meter is silent")
            elif item == CLOCK:
                yield from _read_clock(session)
            elif item == ADDRESS:
                yield from _read_address(session)
            else:
                yield from _read_item(session, item)
        return session.answer()

    def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        session = self._session(installation, ReadingSource.DAILY_FREEZE)
        freeze = session.profile.daily_freeze
        for day in days if freeze else ():
            assert freeze is not None
            if not 1 <= day <= freeze.days_kept or session.is_silent:
                continue
            stamp = yield from _frozen_at(session, freeze.stamp.replace("nn", f"{day:02X}"))
            if stamp is not None:
                for identifier in freeze.registers:
                    yield from _read_frozen(session, identifier.replace("nn", f"{day:02X}"), stamp)
        return session.answer()

    def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        session = self._session(installation, ReadingSource.LOAD_PROFILE)
        curve = self._curve(session, start, slots)
        rates = _rates(installation.meter.line.url) if slots >= WORTH_A_CHANGE else None
        if rates is None:
            return (yield from curve)
        return (yield from at_rate(curve, session.address, rates=rates, timing=session.profile.timing))

    def set_clock(
        self, installation: MeterInstallation, remedy: Remedy, access: WriteAccess | None
    ) -> Conversation[None]:
        """See ClockDriver."""
        return set_clock(installation, remedy, access, profile=self._profile(installation), site=self._site)

    def _curve(self, session: _Session, start: datetime, slots: int) -> Conversation[MeterAnswer]:
        profile = session.profile.load_profile
        done = 0
        while profile and done < slots and not session.is_silent:
            blocks = min(profile.blocks_per_request, slots - done)
            first = start + timedelta(seconds=profile.interval_s * done)
            yield from _read_load_records(session, profile.data_identifier, first, blocks)
            done += blocks
        return session.answer()

    def _profile(self, installation: MeterInstallation) -> Dlt645Profile:
        return self._profiles[installation.meter.profile]

    def _session(self, installation: MeterInstallation, source: ReadingSource) -> _Session:
        return _Session(installation, source, self._site, self._profile(installation))


class _Session(MeterSession):
    """A session with one DL/T 645 meter: its profile beside what every session keeps."""

    def __init__(
        self, installation: MeterInstallation, source: ReadingSource, site: Site, profile: Dlt645Profile
    ) -> None:
        super().__init__(installation, source, site)
        self.profile = profile

    @property
    def address(self) -> str:
        return self.installation.meter.server_address

    def local(self, text: str) -> datetime:
        """The instant of a time by the meter's own clock, YYYY-MM-DD hh:mm[:ss]."""
        return datetime.fromisoformat(text).replace(tzinfo=self.site.zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def _rates(url: str) -> tuple[int, int] | None:
    """The rate of a serial line and the faster one that its meters may be asked for, None where it has none."""
    line = parse_line(url)
    fastest = line.option("fastest", "")
    return (int(line.option("baudrate", "2400")), int(fastest)) if fastest else None


def _read_values(
    session: _Session, item: str, identifier: str, fetching: Conversation[Heard]
) -> Conversation[tuple[Sequence[Value], RawFrame]]:
    """Values of what is fetched. What went wrong becomes the item's error and gives no values."""
    try:
        payload, frame = yield from fetching
        return _decoded(identifier, payload), frame
    except NoAnswer as silence:
        session.fail(item, ItemError.NO_ANSWER, str(silence))
    except MeterRefused as refusal:
        session.fail(item, ItemError.REFUSED, str(refusal))
    except ProtocolError as nonsense:
        session.fail(item, ItemError.INVALID_DATA, str(nonsense))
    return (), RawFrame(b"", b"")


def _decoded(identifier: str, payload: bytes) -> Sequence[Value]:
    """The values of a payload; an identifier that no table knows gives its plain bytes as hex."""
    if find(identifier) is None:
        return [Value(identifier, identifier, None, payload.hex().upper(), "")]
    return decode(identifier, payload)


def _read_item(session: _Session, item: str) -> Conversation[None]:
    try:
        identifier = _identifier(session.site, item)
    except UnknownReadingType as unknown:
        session.fail(item, ItemError.NOT_SUPPORTED, str(unknown))
        return
    values, frame = yield from _read_values(session, item, identifier, _fetching(session, identifier))
    for position, value in enumerate(values):
        reading_type = session.site.types.of_data_identifier(value.di)
        is_main = position == 0 or value.di != identifier
        if value.problem:
            session.fail(item, _error_of(value), value.problem, frame, name=value.name)
        else:
            session.value(
                item,
                reading_type,
                value.text,
                value.number,
                value.unit,
                frame=frame,
                name=value.name,
                is_main=is_main,
            )


def _fetching(session: _Session, identifier: str) -> Conversation[Heard]:
    """Once, or as often as it takes to believe what may be billed."""
    timing = session.profile.timing
    agrees = _agreement(session.site.types, identifier)
    if agrees is None:
        return fetch(session, dlt645.read(session.address, identifier), timing)
    if session.profile.knows_blocks and other_form(identifier):
        return fetch_in_two_forms(session, identifier, timing, agrees)
    return fetch_agreed(session, dlt645.read(session.address, identifier), timing, agrees)


def _fetching_stored(session: _Session, identifier: str) -> Conversation[Heard]:
    """What lies in the meter's memory, until two reads agree to the byte."""
    return fetch_agreed(session, dlt645.read(session.address, identifier), session.profile.timing, same_bytes)


@lru_cache(maxsize=4096)
def _agreement(types: ReadingTypeTable, identifier: str) -> Agreement | None:
    """How two reads agree of what may be billed, None for the rest: registers move on between two reads."""
    item = find(identifier)
    kinds = [types.of_data_identifier(field.di) for field in item.fields] if item else []
    if not any(kind is not None and kind.kind is ReadingKind.REGISTER for kind in kinds):
        return None

    def agrees(first: bytes, second: bytes, seconds: float) -> bool:
        if first == second:
            return True
        pairs = zip(decode(identifier, first), decode(identifier, second), strict=False)
        return len(first) == len(second) and all(_moved_on(*pair, seconds) for pair in pairs)

    return agrees


def _moved_on(first: Value, second: Value, seconds: float) -> bool:
    """Equal, or ahead by no more than a meter can count in that time."""
    if first.number is None or second.number is None:
        return first == second
    return moved_on(first.number, second.number, seconds)


def _identifier(site: Site, item: str) -> str:
    """The data identifier of an item: itself where it is one, else the reading type's."""
    if len(item) == 8 and not item.strip(HEX_DIGITS):
        return item.upper()
    identifier = site.types.find(item).data_identifier
    if not identifier:
        raise UnknownReadingType(f"{item} has no data identifier in DL/T 645")
    return identifier


def _read_address(session: _Session) -> Conversation[None]:
    """Who the only meter on the line is, from the data of its answer, not from its header."""
    request = dlt645.read_address()
    timing = session.profile.timing
    try:
        answer = yield Ask(dlt645.encode(request), Answering(request), timing.timeout_s, timing.attempts)
    except NoAnswer as silence:
        session.fail(ADDRESS, ItemError.NO_ANSWER, str(silence))
        return
    session.heard(answer)
    frame = answer.event.frame
    if len(frame.data) != 6 or frame.is_error:
        session.fail(ADDRESS, ItemError.INVALID_DATA, f"{frame.data.hex().upper()} is no address", answer.frame)
        return
    session.value(ADDRESS, None, frame.data[::-1].hex().upper(), None, "", frame=answer.frame, name=ADDRESS)


def _read_clock(session: _Session) -> Conversation[None]:
    """Date and time; read again when midnight may have passed between the two."""
    for _ in range(2):
        date, _frame = yield from _read_clock_item(session, session.profile.clock_date)
        if not date:
            return
        time, frame = yield from _read_clock_item(session, session.profile.clock_time)
        if not time:
            return
        problem = date[0].problem or time[0].problem
        if problem:
            session.fail(CLOCK, ItemError.INVALID_DATA, f"the meter's clock: {problem}", frame)
            return
        told = session.shown_now(f"{date[0].text} {time[0].text}")
        if abs(abs(told - session.last_heard) - DAY) > RACE:
            break
    session.clock_told(told, frame)


def _read_clock_item(session: _Session, identifier: str) -> Conversation[tuple[Sequence[Value], RawFrame]]:
    return _read_values(session, CLOCK, identifier, _fetching(session, identifier))


def _error_of(value: Value) -> ItemError:
    return ItemError.NOT_PRESENT if value.problem == NOT_PRESENT else ItemError.INVALID_DATA


def _frozen_at(session: _Session, identifier: str) -> Conversation[datetime | None]:
    values, frame = yield from _read_values(session, identifier, identifier, _fetching_stored(session, identifier))
    if not values:
        return None
    if values[0].problem:
        session.fail(identifier, _error_of(values[0]), f"freeze stamp: {values[0].problem}", frame)
        return None
    return session.local(values[0].text)


def _read_frozen(session: _Session, identifier: str, stamp: datetime) -> Conversation[None]:
    values, frame = yield from _read_values(session, identifier, identifier, _fetching_stored(session, identifier))
    for value in values:
        _keep_stored(session, identifier, stamp, value, frame)


def _read_load_records(session: _Session, identifier: str, first: datetime, blocks: int) -> Conversation[None]:
    local = first.astimezone(session.site.zone).replace(tzinfo=None)
    request = dlt645.read_load_record(session.address, identifier, blocks, local)
    try:
        payload, frame = yield from fetch_agreed(session, request, session.profile.timing, same_bytes)
        records = load_records.decode_records(identifier, payload).records
    except NoAnswer as silence:
        session.fail(identifier, ItemError.NO_ANSWER, str(silence))
    except MeterRefused as refusal:
        is_absent = NO_DATA_REASON in refusal.reason  # it answered: it has no record from then on
        session.fail(identifier, ItemError.NOT_PRESENT if is_absent else ItemError.REFUSED, str(refusal))
    except ProtocolError as nonsense:
        session.fail(identifier, ItemError.INVALID_DATA, str(nonsense))
    else:
        for record in records:
            if record.time.problem:
                session.fail(identifier, ItemError.INVALID_DATA, f"load record: {record.time.problem}", frame)
                continue
            stamp = session.local(record.time.text)
            for value in record.values:
                _keep_stored(session, identifier, stamp, value, frame)


def _keep_stored(session: _Session, item: str, stamp: datetime, value: Value, frame: RawFrame) -> None:
    """A value from the meter's memory, at the instant that the meter stamped it with."""
    try:
        reading_type = session.site.types.by_name(value.name.split(FREEZE_SUFFIX)[0])
    except UnknownReadingType:
        return  # a quantity this site keeps no readings of
    if value.problem or value.number is None:
        session.fail(item, _error_of(value), value.problem or "no number", frame)
    else:
        session.value(item, reading_type, value.text, value.number, value.unit, frame=frame, measured_at=stamp)
