"""Port GapLedger: open and closed runs of missing slots in the state store. Rows go in and out by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from headend.domain.errors import Conflict
from headend.domain.gap_ledger import (
    BY_ANOTHER_WAY,
    NOT_DUE,
    REASON_CODE,
    REASONS,
    ClosedRuns,
    GapRuns,
    LedgerChange,
    in_order,
)
from headend.domain.readings import SOURCE_CODE, SOURCES, Ints
from headend.ports import LedgerQuestion
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_gaps import ClosedGapRow, GapRunRow

PART = 500  # numbers in one statement; SQLite takes no more than some thousands
BY_ANOTHER_WAY_WORD, NOT_DUE_WORD = "another_way", "not_due"
Query = TypeVar("Query", bound="Select[*tuple[Any, ...]]")  # Any: its columns do not matter here
REASON_CODES: Mapping[str, int] = {reason.value: code for reason, code in REASON_CODE.items()}
SOURCE_CODES: Mapping[str, int] = {
    **{source.value: code for source, code in SOURCE_CODE.items()},
    BY_ANOTHER_WAY_WORD: BY_ANOTHER_WAY,
    NOT_DUE_WORD: NOT_DUE,
}
OPEN = (
    GapRunRow.installation_id,
    GapRunRow.reading_type,
    GapRunRow.first_slot,
    GapRunRow.last_slot,
    GapRunRow.reason,
    GapRunRow.tries,
    GapRunRow.opened_at,
    GapRunRow.last_try,
    GapRunRow.next_try,
    GapRunRow.id,
)
CLOSED = (
    ClosedGapRow.installation_id,
    ClosedGapRow.reading_type,
    ClosedGapRow.first_slot,
    ClosedGapRow.last_slot,
    ClosedGapRow.reason,
    ClosedGapRow.tries,
    ClosedGapRow.opened_at,
    ClosedGapRow.closed_at,
    ClosedGapRow.source,
)
CLOSED_AT = CLOSED.index(ClosedGapRow.closed_at)


class SqlGapLedger:
    """Runs of missing slots."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def open_runs(self, asked: LedgerQuestion) -> GapRuns:
        """See GapLedger."""
        query = _about(select(*OPEN), GapRunRow, asked).where(GapRunRow.next_try <= asked.due_by)
        rows = await self._database.read(lambda session: _rows(session, query, GapRunRow, asked.installations))
        return in_order(GapRuns(*_columns(rows, len(OPEN), {4: REASON_CODES})))

    async def closed_runs(self, asked: LedgerQuestion, limit: int) -> ClosedRuns:
        """See GapLedger."""
        query = _about(select(*CLOSED, ClosedGapRow.id), ClosedGapRow, asked)
        query = query.order_by(ClosedGapRow.closed_at.desc(), ClosedGapRow.id.desc()).limit(limit)
        rows = await self._database.read(lambda session: _rows(session, query, ClosedGapRow, asked.installations))
        newest = sorted(rows, key=lambda row: (row[CLOSED_AT], row[-1]), reverse=True)[:limit]
        return ClosedRuns(*_columns([row[:-1] for row in newest], len(CLOSED), {4: REASON_CODES, 8: SOURCE_CODES}))

    async def change(self, change: LedgerChange) -> None:
        """See GapLedger."""
        if change.is_empty:
            return
        opened = _records(OPEN[:-1], change.opened.columns()[:-1], {4: _reason})
        closed = _records(CLOSED, change.closed.columns(), {4: _reason, 8: _source})

        def apply(session: Session) -> None:
            if opened:
                session.execute(insert(GapRunRow), opened)
            if closed:
                session.execute(insert(ClosedGapRow), closed)
            # Last: SQLite gives the number of a row that is gone away again, and a stale change would find it.
            _forget(session, sorted(set(change.gone.tolist())))

        await self._database.write(apply)


def _forget(session: Session, numbers: Sequence[int]) -> None:
    """Take these rows out, every one of them: what comes in their place must not stand beside somebody else's."""
    for part in _parts(numbers):
        is_one_of = GapRunRow.id.in_(part)
        if session.scalar(select(func.count()).select_from(GapRunRow).where(is_one_of)) != len(part):
            raise Conflict("somebody else changed the gap ledger meanwhile; compare again")
        session.execute(delete(GapRunRow).where(is_one_of))


def _about(query: Query, row: type[GapRunRow] | type[ClosedGapRow], asked: LedgerQuestion) -> Query:
    query = query.where(row.last_slot >= asked.first, row.first_slot < asked.end)
    return query if asked.reading_type is None else query.where(row.reading_type == asked.reading_type)


def _rows(
    session: Session,
    query: Select[*tuple[Any, ...]],
    row: type[GapRunRow] | type[ClosedGapRow],
    installations: Sequence[int] | None,
) -> list[Sequence[int | str]]:
    """All rows; of many installations part by part, so that their order is the caller's affair."""
    if installations is None:
        return [tuple(found) for found in session.execute(query)]
    parts = _parts(sorted(set(installations)))
    return [tuple(found) for part in parts for found in session.execute(query.where(row.installation_id.in_(part)))]


def _columns(rows: Sequence[Sequence[int | str]], width: int, words: Mapping[int, Mapping[str, int]]) -> Iterator[Ints]:
    columns: Iterable[Sequence[int | str]] = zip(*rows, strict=True) if rows else [()] * width
    for place, column in enumerate(columns):
        numbers = [words[place][str(cell)] for cell in column] if place in words else column
        yield np.array(numbers, np.int64)


def _records(
    columns: Sequence[InstrumentedAttribute[int] | InstrumentedAttribute[str]],
    values: Sequence[Ints],
    words: Mapping[int, Callable[[int], str]],
) -> list[dict[str, int | str]]:
    names = [column.key for column in columns]
    told = [
        [words[place](code) for code in column.tolist()] if place in words else column.tolist()
        for place, column in enumerate(values)
    ]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*told, strict=True)]


def _reason(code: int) -> str:
    return REASONS[code].value


def _source(code: int) -> str:
    return {BY_ANOTHER_WAY: BY_ANOTHER_WAY_WORD, NOT_DUE: NOT_DUE_WORD}.get(code) or SOURCES[code].value


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[at : at + PART] for at in range(0, len(numbers), PART))
