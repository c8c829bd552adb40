"""DL/T 698.45 driver: plain reads of objects, one or a list, and what their answers mean. Holds no line; it only reads.

What an object means, its unit and its scale, is told by the protocol's own table of objects; nothing here maps. An item
of eight hex digits is an OAD. Daily freezes and curves of these meters are not read yet: they stay empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby

from collectors.conversation import Conversation, LineParser
from collectors.driver import Site
from collectors.object_reads import InvocationNumbers, ObjectReads, Told, values_in
from collectors.profiles import Dlt698Profile
from collectors.session import MeterSession
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import MeterRefused, NoAnswer, UnknownReadingType
from headend.domain.metering import Line, MeterInstallation
from headend.domain.reading_types import ReadingKind, ReadingType, ReadingTypeTable
from headend.domain.readings import RawFrame, ReadingSource
from protocols import dlt698
from protocols.dlt698 import dar, objects
from protocols.dlt698.objects import ObjectValue
from protocols.errors import ProtocolError

CLOCK = "clock"
NO_READING_TYPES = {"clock": "clock", "address": "meter_address", "serial_number": "meter_number"}
"""Items that are no reading types, and how the table of objects names them."""
HEX_DIGITS = "0123456789ABCDEFabcdef"


@dataclass(frozen=True, slots=True)
class _Asked:
    """An item and the object that tells it, or `unknown`. What may be billed is read until two reads agree."""

    item: str
    oad: str = ""
    may_be_billed: bool = False
    unknown: str = ""

    @property
    def sort(self) -> tuple[bool, bool]:
        """Only items of one sort are asked for in one request."""
        return bool(self.unknown), self.may_be_billed


class Dlt698Driver:
    """StreamDriver of DL/T 698.45."""

    def __init__(self, profiles: Mapping[str, Dlt698Profile], site: Site) -> None:
        self._profiles, self._site, self._numbers = profiles, site, InvocationNumbers()

    def parser(self, line: Line) -> LineParser:
        """See StreamDriver."""
        return dlt698.Connection()

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """See StreamDriver."""
        return self._profiles[installation.meter.profile].periodic

    def read(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        profile = self._profiles[installation.meter.profile]
        session = MeterSession(installation, source, self._site)
        reads = ObjectReads(session, profile, self._numbers)
        wanted = (_asked(self._site.types, item) for item in items)
        for together in _batches(wanted, profile.objects_per_request):
            if together[0].unknown:
                _fail(session, ((one, one.unknown) for one in together), ItemError.NOT_SUPPORTED)
            elif session.is_silent:
                _fail(session, ((one, "not asked: the meter is silent") for one in together), ItemError.NO_ANSWER)
            else:
                yield from _read(session, reads, together)
        return session.answer()

    def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        yield from ()
        return MeterAnswer(installation, (), ())

    def read_load_profile(
        self, installation: MeterInstallation, start: datetime, slots: int
    ) -> Conversation[MeterAnswer]:
        """See StreamDriver."""
        yield from ()
        return MeterAnswer(installation, (), ())


@lru_cache(maxsize=4096)
def _asked(types: ReadingTypeTable, item: str) -> _Asked:
    if len(item) == 8 and not item.strip(HEX_DIGITS):
        return _Asked(item, item.upper(), _may_be_billed(types, item))
    try:
        name = NO_READING_TYPES.get(item) or types.find(item).name
    except UnknownReadingType as unknown:
        return _Asked(item, unknown=str(unknown))
    oad = objects.oad_of(name)
    if oad is None:
        return _Asked(item, unknown=f"{name} has no object here that DL/T 698.45 reads")
    return _Asked(item, oad, _may_be_billed(types, oad))


def _may_be_billed(types: ReadingTypeTable, oad: str) -> bool:
    name = objects.name_of(oad)
    reading_type = _reading_type(types, name) if name else None
    return reading_type is not None and reading_type.kind is ReadingKind.REGISTER


def _reading_type(types: ReadingTypeTable, name: str) -> ReadingType | None:
    """None for a quantity that this site keeps no readings of."""
    try:
        return types.by_name(name)
    except UnknownReadingType:
        return None


def _batches(wanted: Iterable[_Asked], size: int) -> Iterator[Sequence[_Asked]]:
    """Neighbours of one sort, at most so many; the order stays."""
    for _, run in groupby(wanted, key=lambda one: one.sort):
        whole = list(run)
        yield from (whole[at : at + size] for at in range(0, len(whole), size))


def _read(session: MeterSession, reads: ObjectReads, together: Sequence[_Asked]) -> Conversation[None]:
    oads = list(dict.fromkeys(one.oad for one in together))
    try:
        told, frame = yield from (reads.agreed(oads) if together[0].may_be_billed else reads.once(oads))
    except NoAnswer as silence:
        _fail(session, ((one, str(silence)) for one in together), ItemError.NO_ANSWER)
    except MeterRefused as refusal:
        _fail(session, ((one, str(refusal)) for one in together), ItemError.REFUSED)
    except ProtocolError as nonsense:
        _fail(session, ((one, str(nonsense)) for one in together), ItemError.INVALID_DATA)
    else:
        for one in together:
            _tell(session, one, told, frame)


def _fail(session: MeterSession, reasons: Iterable[tuple[_Asked, str]], error: ItemError) -> None:
    for one, reason in reasons:
        session.fail(one.item, error, reason)


def _tell(session: MeterSession, asked: _Asked, told: Told, frame: RawFrame) -> None:
    item = told.get(asked.oad)
    if item is None:
        session.fail(asked.item, ItemError.INVALID_DATA, f"the answer does not tell of {asked.oad}", frame)
    elif item.dar:
        session.fail(asked.item, ItemError.REFUSED, dar.words(item.dar), frame)
    elif item.data is None:
        session.fail(asked.item, ItemError.INVALID_DATA, "refused with success", frame)
    else:
        values = values_in(item)
        if not values:
            session.fail(asked.item, ItemError.NOT_PRESENT, "an empty list", frame)
        for position, value in enumerate(values):
            _tell_value(session, asked, value, frame, is_main=position == 0 or value.value is not None)


def _tell_value(session: MeterSession, asked: _Asked, value: ObjectValue, frame: RawFrame, *, is_main: bool) -> None:
    if value.problem:
        session.fail(asked.item, ItemError.INVALID_DATA, value.problem, frame, name=value.name)
    elif value.text is None:
        session.fail(asked.item, ItemError.NOT_PRESENT, "not present", frame, name=value.name)
    elif asked.item == CLOCK:
        session.clock_told(session.shown_now(value.text), frame)
    else:
        session.value(
            asked.item,
            _reading_type(session.site.types, value.name) if value.value is not None else None,
            value.text,
            value.value,
            value.unit,
            frame=frame,
            name=value.name,
            is_main=is_main,
        )
