"""Durable appends of 1,000 sessions with fifteen readings: the shipped store, and bare DuckDB without deduplication.

Ours: 64 lines append session by session, each durable before the next; the store knows twins, gives versions and
keeps raw frames. The limit is one Arrow table inserted in one commit; the plain way is a commit a session.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import uvloop

from headend.domain.readings import RawFrame, ReadingBatch, concatenated
from headend.stores.readings import DuckDbReadingStore
from tests.benches.measured import OURS, Line, Size, in_turn_async, lines
from tests.fakes.batches import Row, batch, shipped_types

SESSIONS, ROWS, LINES = 1_000, 15, 64
REPEATS = 3
COLUMNS = ("installation", "reading_type", "measured_at", "received_at", "value", "quality", "source")
TABLE = "create table if not exists reading (" + ", ".join(f"{column} bigint" for column in COLUMNS) + ")"
ARROW, EXECUTEMANY = "duckdb, one Arrow insert, one commit", "duckdb, executemany, a commit a session"


def store_ingest(size: Size) -> list[Line]:
    """Each contender has a file of its own in the same directory, and new readings every time."""
    folder = Path(tempfile.mkdtemp(prefix="headend-bench-", dir=size.data))
    try:
        return lines("store_ingest", "readings/s", size.seed, uvloop.run(_rates(size, folder)))
    finally:
        shutil.rmtree(folder)


async def _rates(size: Size, folder: Path) -> dict[str, float]:
    store = DuckDbReadingStore(folder / "ours.duckdb", shipped_types())
    await store.open()
    with duckdb.connect(str(folder / "arrow.duckdb")) as arrow, duckdb.connect(str(folder / "many.duckdb")) as many:
        arrow.execute(TABLE)
        many.execute(TABLE)
        repeats = min(size.repeats, REPEATS)
        fresh = iter([_sessions(size, slot) for slot in range(3 * (repeats + 1))])
        contenders: dict[str, Callable[[], Awaitable[int]]] = {
            OURS: lambda: _ours(store, next(fresh)),
            ARROW: lambda: _arrow(arrow, next(fresh)),
            EXECUTEMANY: lambda: _executemany(many, next(fresh)),
        }
        rates = await in_turn_async(Size(size.data, size.seed, size.share, repeats), contenders)
    await store.close()
    return dict(rates)


def _sessions(size: Size, slot: int) -> list[ReadingBatch]:
    """One quarter of an hour of many meters."""
    return [
        batch(*(_row(slot, meter, kind) for kind in range(1, ROWS + 1))) for meter in range(1, size.of(SESSIONS) + 1)
    ]


def _row(slot: int, meter: int, kind: int) -> Row:
    frame = RawFrame(b"asked", b"told by %d" % meter)
    return Row(slot=slot, value=1000 * slot + kind, meter=meter, type_id=kind, frame=frame)


async def _ours(store: DuckDbReadingStore, sessions: Sequence[ReadingBatch]) -> int:
    async def line(number: int) -> int:
        return sum([await store.append(session) for session in sessions[number::LINES]])

    kept = sum(await asyncio.gather(*map(line, range(LINES))))
    assert kept == len(sessions) * ROWS
    return kept


async def _arrow(connection: duckdb.DuckDBPyConnection, sessions: Sequence[ReadingBatch]) -> int:
    rows = concatenated(sessions)
    table = pa.table({name: getattr(rows, name) for name in COLUMNS})
    connection.register("incoming", table)
    connection.execute("insert into reading select * from incoming")
    connection.unregister("incoming")
    return len(rows)


async def _executemany(connection: duckdb.DuckDBPyConnection, sessions: Sequence[ReadingBatch]) -> int:
    for session in sessions:
        rows = list(zip(*(getattr(session, name).tolist() for name in COLUMNS), strict=True))
        connection.execute("begin")
        connection.executemany("insert into reading values (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("commit")
    return sum(map(len, sessions))
