"""Keep what people read: as evidence first, then as readings with their own source. Also one typed in by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from headend.domain.errors import ConfigError, Conflict
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.field_readings import FieldReading, ReadingFile
from headend.domain.instants import iso
from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingKind, ReadingTypeTable
from headend.domain.readings import Reading, ReadingSource
from headend.ports import Clock, EventLog, FieldReadingBook, MeterRegistry, ReadingSink

AHEAD = timedelta(minutes=5)
DOUBTED = frozenset({ReadingQuality.DATE_DOUBTED})


class KeepFieldReadings:
    """The one way of what people read into the books and the store.

    The readings are durable first: whoever was cut off in between does it once more, and the store keeps no doubles.
    """

    def __init__(self, book: FieldReadingBook, sink: ReadingSink, types: ReadingTypeTable, clock: Clock) -> None:
        self.book, self._sink, self._types, self._clock = book, sink, types, clock

    async def keep(self, readings: Sequence[FieldReading], file: ReadingFile | None = None) -> int | None:
        """All or none; the number of the import. Conflict for doubles, StoreUnavailable."""
        await refuse_known(self.book, readings)
        await self._sink.accept([self._reading(one) for one in readings])
        return await self.book.keep(readings, file)

    def _reading(self, told: FieldReading) -> Reading:
        kind = self._types.by_name(told.reading_type)
        marks = DOUBTED if told.is_date_doubted else frozenset[ReadingQuality]()
        received = told.entered_at or self._clock.now()
        return Reading(told.installation_id, kind, told.read_at, received, told.value, kind.unit, told.source, marks)


async def refuse_known(book: FieldReadingBook, readings: Sequence[FieldReading]) -> None:
    """Conflict names the first that is there already, and from where."""
    known = {one.key: one for one in await book.known([one.installation_id for one in readings])}
    for reading in readings:
        if reading.key in known:
            raise Conflict(
                f"{reading.reading_type} at {iso(reading.read_at)} is there from {known[reading.key].origin}"
            )


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody types in: the register, when and by whom it was seen, why by hand, which photo shows it."""

    reading_type: str
    value: Decimal
    read_at: datetime
    reader: str
    reason: str
    photo: str = ""
    note: str = ""


class EnterReading:
    """Takes one register by hand."""

    def __init__(
        self,
        registry: MeterRegistry,
        keep: KeepFieldReadings,
        types: ReadingTypeTable,
        *,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._registry, self._keep, self._types = registry, keep, types
        self._clock, self._events = clock, events

    async def enter(self, installation_id: int, entry: Entry, by: str) -> FieldReading:
        """Kept as source `manual`; UnknownMeter, UnknownReadingType, ConfigError for what cannot be, Conflict."""
        installation, now = await self._registry.installation(installation_id), self._clock.now()
        kind = self._types.find(entry.reading_type)
        if kind.kind is not ReadingKind.REGISTER:
            raise ConfigError(f"{kind.name} is no register", key="reading_type", remedy="enter a register")
        if not entry.reason.strip() or not entry.reader.strip():
            raise ConfigError("who read it and why it is entered by hand is needed", key="reason", remedy="say both")
        if not installation.installed_at <= entry.read_at <= now + AHEAD:
            problem = f"{iso(entry.read_at)} is not between the installing of the meter and now"
            raise ConfigError(problem, key="read_at", remedy="write when the register was seen")
        try:
            kind.scale(entry.value)
        except ValueError as error:
            raise ConfigError(str(error), key="value", remedy="write what the meter shows") from error
        told = FieldReading(
            installation_id,
            kind.name,
            entry.read_at,
            entry.value,
            ReadingSource.MANUAL,
            entry.reader.strip(),
            entry.photo.strip(),
            entry.note.strip(),
            entry.reason.strip(),
            entered_by=by,
            entered_at=now,
        )
        await self._keep.keep([told])
        detail = f"{kind.name} {entry.value} {kind.unit} at {iso(entry.read_at)}, read by {told.reader}, by {by}"
        await self._events.record(
            EndDeviceEvent(EventKind.READING_ENTERED, now, f"{detail}: {told.reason}", installation_id)
        )
        return told
