"""Import what people read with a hand-held: every row checked first, then all of the file or none; the file is kept.

Values go through the same rules as any reading, and bear the source `hand_held` for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError, Conflict, UnknownReadingType
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.field_readings import FieldReading, ReadingFile, is_date_doubted, swapped
from headend.domain.instants import iso
from headend.domain.metering import MeterInstallation
from headend.domain.reading_types import ReadingKind, ReadingType, ReadingTypeTable
from headend.domain.readings import BY_PEOPLE, ReadingSource
from headend.ports import Clock, EventLog, FieldReadingBook, MeterRegistry, ReadingStore
from headend.services.csv_rows import read_rows, refuse_if
from headend.services.enter_reading import KeepFieldReadings
from headend.services.import_row import ImportRow
from headend.services.meter_names import NAMED_BY, MeterNames

COLUMNS = ("reading_type", "value", "read_at", "reader")
OPTIONAL = (*NAMED_BY, "photo", "note")
AHEAD = timedelta(minutes=5)  # clocks of hand-helds
Numbered = list[tuple[int, FieldReading]]


@dataclass(frozen=True, slots=True)
class ImportedReadings:
    """What came of a file: its number, its hash, and the readings whose date is doubted."""

    import_id: int
    sha256: str
    readings: int
    doubted: Sequence[FieldReading]


class ImportReadings:
    """Takes files of hand-helds."""

    def __init__(
        self,
        registry: MeterRegistry,
        store: ReadingStore,
        keep: KeepFieldReadings,
        types: ReadingTypeTable,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._registry, self._store, self._keep, self._types = registry, store, keep, types
        self._zone, self._clock, self._events = zone, clock, events

    @property
    def _book(self) -> FieldReadingBook:
        return self._keep.book

    async def run(self, content: bytes, file: str, by: str) -> ImportedReadings:
        """ImportRefused names every wrong cell and every double; Conflict when this very file was imported before."""
        sha256 = hashlib.sha256(content).hexdigest()
        before = await self._book.file_with(sha256)
        if before is not None:
            came = f"{before.name}, {iso(before.imported_at)}, by {before.imported_by}"
            raise Conflict(f"this very file is import {before.id}: {came}")
        numbered = await self._read(_text(content, file), file, by)
        readings = [await self._dated(reading) for _, reading in numbered]
        kept = ReadingFile(sha256, file, content, by, self._clock.now(), len(readings))
        import_id = await self._keep.keep(readings, kept)
        doubted = [reading for reading in readings if reading.is_date_doubted]
        detail = f"import {import_id}: {len(readings)} readings from {file} by {by}"
        detail += f", {len(doubted)} with a doubted date" if doubted else ""
        await self._events.record(EndDeviceEvent(EventKind.READINGS_IMPORTED, self._clock.now(), detail))
        assert import_id is not None
        return ImportedReadings(import_id, sha256, len(readings), doubted)

    async def _read(self, text: str, file: str, by: str) -> Numbered:
        names, numbered = MeterNames(await self._registry.installations()), Numbered()
        errors = read_rows(text, file, COLUMNS, lambda row: self._row(row, names, by, numbered), optional=OPTIONAL)
        await self._refuse_doubles(numbered, file, errors)
        refuse_if(errors)
        return numbered

    def _row(self, row: ImportRow, names: MeterNames, by: str, numbered: Numbered) -> None:
        installation, kind = names.of(row), self._type(row)
        row.required("value")
        value = row.decimal("value", lowest=Decimal(0), default=Decimal(0))
        read_at, reader = row.instant("read_at", self._zone), row.required("reader")
        if kind is not None and not row.is_wrong:
            _check_decimals(row, kind, value)
        if read_at is not None:
            self._check_time(row, read_at, installation)
        if row.is_wrong or installation is None or kind is None or read_at is None:
            return
        told = FieldReading(
            installation.id,
            kind.name,
            read_at,
            value,
            ReadingSource.HAND_HELD,
            reader,
            row.cell("photo"),
            row.cell("note"),
            entered_by=by,
            entered_at=self._clock.now(),
        )
        numbered.append((row.line, told))

    def _type(self, row: ImportRow) -> ReadingType | None:
        try:
            kind = self._types.find(row.required("reading_type"))
        except UnknownReadingType as error:
            row.wrong("reading_type", str(error), "write a name, OBIS code or data identifier of config/reading_types")
            return None
        if kind.kind is not ReadingKind.REGISTER:
            row.wrong("reading_type", f"{kind.name} is no register", "a hand-held brings registers")
            return None
        return kind

    def _check_time(self, row: ImportRow, read_at: datetime, installation: MeterInstallation | None) -> None:
        now = self._clock.now()
        if installation is not None and read_at < installation.installed_at:
            problem = f"{row.cell('read_at')!r} is before the meter was installed ({iso(installation.installed_at)})"
            row.wrong("read_at", problem, "correct the date, or name the meter that hung there then")
        if read_at > now + AHEAD:
            other = swapped(read_at.astimezone(self._zone))
            hint = "day and month may be swapped: " + other.date().isoformat() if other and other <= now else ""
            row.wrong("read_at", f"{row.cell('read_at')!r} lies ahead", hint or "write when it was read")

    async def _dated(self, reading: FieldReading) -> FieldReading:
        """Marked where day and month seem swapped: before the meter's newest reading, and else not."""
        newest = [one for one in await self._store.latest(reading.installation_id) if one.source not in BY_PEOPLE]
        at = next((one.measured_at for one in newest if one.reading_type.name == reading.reading_type), None)
        local = reading.read_at.astimezone(self._zone)
        return replace(reading, is_date_doubted=is_date_doubted(local, at, self._clock.now()))

    async def _refuse_doubles(self, numbered: Numbered, file: str, errors: list[ConfigError]) -> None:
        meters = [reading.installation_id for _, reading in numbered]
        known = {one.key: f"is there from {one.origin}" for one in await self._book.known(meters)}
        for line, reading in numbered:
            before = known.setdefault(reading.key, f"stands in line {line} too")
            if before != f"stands in line {line} too":
                problem = f"{reading.reading_type} at {iso(reading.read_at)} {before}"
                errors.append(ConfigError(problem, file=file, line=line, key="read_at", remedy="leave the row out"))


def _check_decimals(row: ImportRow, kind: ReadingType, value: Decimal) -> None:
    try:
        kind.scale(value)
    except ValueError as error:
        row.wrong("value", str(error), "write no more decimals than the meter shows")


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 at byte {error.start}", file=file, remedy="save it as UTF-8") from error
