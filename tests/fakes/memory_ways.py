"""In-memory twins of the books of ways and of what people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from headend.domain.errors import Conflict, UnknownImport, UnknownWay
from headend.domain.field_readings import FieldReading, ReadingFile
from headend.domain.instants import iso
from headend.domain.metering import Line
from headend.domain.ways import Way, WayChoice
from headend.ports import MeterRegistry


class MemoryWayBook:
    """Port WayBook."""

    def __init__(self, registry: MeterRegistry) -> None:
        self._registry = registry
        self._ways: dict[int, Way] = {}
        self._choices: dict[int, WayChoice] = {}
        self._lines: dict[str, int] = {}

    async def add(self, ways: Sequence[Way]) -> Sequence[Way]:
        known, added = dict(self._ways), []
        for way in ways:
            await self._registry.installation(way.installation_id)
            await self._refuse_taken(way, known)
            line = Line(self._lines.setdefault(way.line.url, 1000 + len(self._lines)), way.line.url)
            added.append(replace(way, line=line, id=len(known) + 1))
            known[len(known) + 1] = added[-1]
        self._ways = known
        return added

    async def end(self, way_id: int, at: datetime) -> Way:
        if way_id not in self._ways:
            raise UnknownWay(f"no way {way_id}")
        way = self._ways[way_id]
        if at <= way.valid_from or (way.valid_to is not None and way.valid_to <= at):
            raise Conflict("the way has ended, or would end before it began")
        self._ways[way_id] = replace(way, valid_to=at)
        return self._ways[way_id]

    async def of(self, installation_id: int) -> Sequence[Way]:
        return [way for way in self._sorted() if way.installation_id == installation_id]

    async def open_at(self, instant: datetime) -> Sequence[Way]:
        return [way for way in self._sorted() if way.valid_to is None or way.valid_to > instant]

    async def choices(self) -> Mapping[int, WayChoice]:
        return dict(self._choices)

    async def choose(self, installation_id: int, choice: WayChoice) -> None:
        self._choices[installation_id] = replace(choice, health={})

    def _sorted(self) -> list[Way]:
        return sorted(self._ways.values(), key=lambda way: (way.installation_id, way.rank, way.valid_from))

    async def _refuse_taken(self, way: Way, known: Mapping[int, Way]) -> None:
        address = (way.line.url, way.server_address)
        for one in await self._registry.installations():
            if (one.meter.line.url, one.meter.server_address) == address:
                raise Conflict(f"address {way.server_address} on {way.line.url} is the own line of meter {one.id}")
        for other in known.values():
            is_same = other.installation_id == way.installation_id and other.rank == way.rank
            if other.overlaps(way) and (is_same or (other.line.url, other.server_address) == address):
                raise Conflict(f"meter {other.installation_id} has a way of rank {other.rank} already")


class MemoryFieldReadingBook:
    """Port FieldReadingBook."""

    def __init__(self) -> None:
        self._files: list[ReadingFile] = []
        self._readings: list[FieldReading] = []

    async def keep(self, readings: Sequence[FieldReading], file: ReadingFile | None = None) -> int | None:
        if file is not None and (before := await self.file_with(file.sha256)):
            raise Conflict(f"this very file is import {before.id}: {before.name}")
        import_id = None if file is None else len(self._files) + 1
        known = {_key(one): one for one in self._readings}
        for reading in readings:
            if _key(reading) in known:
                before_it = known[_key(reading)]
                where = (
                    f"import {before_it.import_id}" if before_it.import_id else f"an entry by {before_it.entered_by}"
                )
                raise Conflict(f"{reading.reading_type} at {iso(reading.read_at)} is there from {where}")
            known[_key(reading)] = replace(reading, import_id=import_id, id=len(known) + 1)
        self._readings = list(known.values())
        if file is not None and import_id is not None:
            self._files.append(replace(file, id=import_id))
        return import_id

    async def file(self, import_id: int) -> ReadingFile:
        if not 0 < import_id <= len(self._files):
            raise UnknownImport(f"no imported file {import_id}")
        return self._files[import_id - 1]

    async def file_with(self, sha256: str) -> ReadingFile | None:
        return next((file for file in self._files if file.sha256 == sha256), None)

    async def known(self, installation_ids: Sequence[int]) -> Sequence[FieldReading]:
        return sorted((one for one in self._readings if one.installation_id in installation_ids), key=_key)

    async def newest(self, installation_id: int, limit: int) -> Sequence[FieldReading]:
        of_it = [one for one in self._readings if one.installation_id == installation_id]
        return sorted(of_it, key=lambda one: (one.read_at, one.id), reverse=True)[:limit]


def _key(reading: FieldReading) -> tuple[int, str, datetime]:
    return reading.installation_id, reading.reading_type, reading.read_at
