"""The newest columns in the file: saved now and then, brought up to date at opening from the rows since.

A restart therefore reads the rows after the last save and not years of history.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from headend.domain.readings import ReadingBatch, batch_of
from headend.stores.readings.newest import TYPE_BITS, NewestColumns, key_of

CHUNK = 1_000_000
COLUMNS = ("oldest_at", "newest_at", "received_at", "billable_at", "billable_value", "billable_known")
SELECT = f"select installation, reading_type, {', '.join(COLUMNS)} from newest"  # noqa: S608 - our own names
SINCE = """
select installation, reading_type, measured_at, received_at, value, quality, source, version
from reading where version > ? and version <= ? order by version
"""


def save(cursor: duckdb.DuckDBPyConnection, newest: NewestColumns) -> None:
    """Replace the saved columns, in one transaction."""
    table = pa.table(
        {
            "installation": newest.key >> TYPE_BITS,
            "reading_type": newest.key & ((1 << TYPE_BITS) - 1),
            **{name: getattr(newest, name) for name in COLUMNS},
        }
    )
    cursor.register("saved", table)
    cursor.execute("begin")
    cursor.execute("delete from newest")
    cursor.execute("insert into newest select * from saved")
    cursor.execute("update store_fact set value = ? where name = 'newest_version'", [newest.version])
    cursor.execute("commit")


def load(cursor: duckdb.DuckDBPyConnection) -> NewestColumns:
    """The saved columns and all rows that were stored after them."""
    newest = _saved(cursor)
    [(last,)] = cursor.execute("select coalesce(max(version), 0) from reading").fetchall()
    for low in range(newest.version, last, CHUNK):
        high = min(low + CHUNK, last)
        newest.apply(_rows(cursor, low, high), high)
    return newest


def _saved(cursor: duckdb.DuckDBPyConnection) -> NewestColumns:
    query = "select value from store_fact where name = 'newest_version'"
    [(version,)] = cursor.execute(query).fetchall()
    found = cursor.execute(SELECT).fetchnumpy()
    key = key_of(found["installation"], found["reading_type"])
    order = np.argsort(key)
    columns = [np.asarray(found[name])[order] for name in COLUMNS]
    return NewestColumns(int(version), key[order], *columns)


def _rows(cursor: duckdb.DuckDBPyConnection, low: int, high: int) -> ReadingBatch:
    found = cursor.execute(SINCE, [low, high]).fetchnumpy()
    names = ("installation", "reading_type", "measured_at", "received_at", "value", "quality", "source")
    none = np.full(len(found["version"]), -1, dtype=np.int64)
    return batch_of([*(found[name] for name in names), none, none], ())
