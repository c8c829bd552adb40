"""Port FieldReadingBook: what people read, and the files it came in. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
            for reading in readings:
                _refuse_double(session, reading)
                session.add(_row(replace(reading, import_id=import_id)))
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


def _refuse_double(session: Session, wanted: FieldReading) -> None:
    known = session.scalar(
        select(Row).where(
            Row.installation_id == wanted.installation_id,
            Row.reading_type == wanted.reading_type,
            Row.read_at == wanted.read_at,
        )
    )
    if known is not None:
        where = f"import {known.import_id}" if known.import_id else f"an entry by {known.entered_by}"
        raise Conflict(
            f"{wanted.reading_type} of meter {wanted.installation_id} at {iso(wanted.read_at)} is there from {where}"
        )


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
