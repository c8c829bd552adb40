"""Port FieldReadingBook: what people read, and the files it came in. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownImport
from headend.domain.field_readings import FieldReading, ReadingFile
from headend.domain.instants import iso
from headend.domain.readings import ReadingSource
from headend.stores.state.columns import by_code_point
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_ways import FieldReadingRow, ReadingFileRow

Row = FieldReadingRow
PART = 500  # numbers in one statement; SQLite takes no more than some thousands


class SqlFieldReadingBook:
    """Evidence of what people read."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def keep(self, readings: Sequence[FieldReading], file: ReadingFile | None = None) -> int | None:
        """See FieldReadingBook."""

        def add(session: Session) -> int | None:
            import_id = None if file is None else _keep_file(session, file)
            kept = [replace(reading, import_id=import_id) for reading in readings]
            _refuse_doubles(session, kept)
            session.add_all(_row(reading) for reading in kept)
            session.flush()
            return import_id

        return await self._database.write(add)

    async def file(self, import_id: int) -> ReadingFile:
        """See FieldReadingBook."""

        def find(session: Session) -> ReadingFile:
            row = session.get(ReadingFileRow, import_id)
            if row is None:
                raise UnknownImport(f"no imported file {import_id}")
            return _file(row)

        return await self._database.read(find)

    async def file_with(self, sha256: str) -> ReadingFile | None:
        """See FieldReadingBook."""

        def find(session: Session) -> ReadingFile | None:
            row = session.scalar(select(ReadingFileRow).where(ReadingFileRow.sha256 == sha256))
            return None if row is None else _file(row)

        return await self._database.read(find)

    async def known(self, installation_ids: Sequence[int]) -> Sequence[FieldReading]:
        """See FieldReadingBook."""
        wanted = sorted(set(installation_ids))

        def find(session: Session) -> list[FieldReading]:
            found: list[FieldReading] = []
            for begin in range(0, len(wanted), PART):
                query = select(Row).where(Row.installation_id.in_(wanted[begin : begin + PART]))
                query = query.order_by(Row.installation_id, by_code_point(Row.reading_type), Row.read_at)
                found += [_reading(row) for row in session.scalars(query)]
            return found

        return await self._database.read(find)

    async def newest(self, installation_id: int, limit: int) -> Sequence[FieldReading]:
        """See FieldReadingBook."""
        query = select(Row).where(Row.installation_id == installation_id)
        query = query.order_by(Row.read_at.desc(), Row.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_reading(row) for row in session.scalars(query)])


def _keep_file(session: Session, file: ReadingFile) -> int:
    before = session.scalar(select(ReadingFileRow).where(ReadingFileRow.sha256 == file.sha256))
    if before is not None:
        raise Conflict(
            f"this very file is import {before.id}: {before.name}, {iso(before.imported_at)}, by {before.imported_by}"
        )
    row = ReadingFileRow(
        sha256=file.sha256,
        name=file.name,
        content=file.content,
        imported_by=file.imported_by,
        imported_at=file.imported_at,
        rows=file.rows,
    )
    session.add(row)
    session.flush()
    return row.id


def _refuse_doubles(session: Session, wanted: Sequence[FieldReading]) -> None:
    """A few questions for all, and not one for each: while a file is kept every other writer waits."""
    taken: dict[tuple[int, str, datetime], str] = {}
    meters = sorted({reading.installation_id for reading in wanted})
    dates = [reading.read_at for reading in wanted]
    for begin in range(0, len(meters), PART):
        query = select(Row.installation_id, Row.reading_type, Row.read_at, Row.import_id, Row.entered_by)
        query = query.where(Row.installation_id.in_(meters[begin : begin + PART]))
        query = query.where(Row.read_at.between(min(dates), max(dates)))
        for meter, reading_type, read_at, import_id, entered_by in session.execute(query):
            taken[meter, reading_type, read_at] = _where(import_id, entered_by)
    for reading in wanted:
        mine = (reading.installation_id, reading.reading_type, reading.read_at)
        if mine in taken:
            told = f"{reading.reading_type} of meter {reading.installation_id} at {iso(reading.read_at)}"
            raise Conflict(f"{told} is there from {taken[mine]}")
        taken[mine] = _where(reading.import_id, reading.entered_by)


def _where(import_id: int | None, entered_by: str) -> str:
    return f"import {import_id}" if import_id else f"an entry by {entered_by}"


def _file(row: ReadingFileRow) -> ReadingFile:
    return ReadingFile(row.sha256, row.name, row.content, row.imported_by, row.imported_at, row.rows, row.id)


def _row(reading: FieldReading) -> FieldReadingRow:
    return FieldReadingRow(
        installation_id=reading.installation_id,
        reading_type=reading.reading_type,
        read_at=reading.read_at,
        value=reading.value,
        source=reading.source.value,
        reader=reading.reader,
        photo=reading.photo,
        note=reading.note,
        reason=reading.reason,
        is_date_doubted=int(reading.is_date_doubted),
        import_id=reading.import_id,
        entered_by=reading.entered_by,
        entered_at=reading.entered_at,
    )


def _reading(row: FieldReadingRow) -> FieldReading:
    return FieldReading(
        row.installation_id,
        row.reading_type,
        row.read_at,
        row.value,
        ReadingSource(row.source),
        row.reader,
        row.photo,
        row.note,
        row.reason,
        bool(row.is_date_doubted),
        row.import_id,
        row.entered_by,
        row.entered_at,
        row.id,
    )
