"""The one writer: appends batches in one transaction, drops what is there already, gives out versions.

Runs in the writer thread alone. Nothing is ever updated: a correction is a new row with a higher version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa

from headend.domain.quality import ReadingQuality, mask
from headend.domain.readings import Ints, RawFrame, ReadingBatch, concatenated
from headend.stores.readings.committed import Committed
from headend.stores.readings.newest import Flags
from headend.stores.readings.turns import turns

CONFLICTING = mask([ReadingQuality.CONFLICTING])

# What the file holds of the incoming keys: the newest version, and whether the very same delivery is there in
# any version. The latter makes a replay from the spool harmless after a correction was stored in between.
KNOWN = f"""
select i.position, arg_max(r.value, r.version) as value, arg_max(r.quality, r.version) as quality,
    bool_or(r.value = i.value and r.received_at = i.received_at
            and (r.quality & ~{CONFLICTING}) = (i.quality & ~{CONFLICTING})) as twin
from incoming i join reading r
    on r.installation = i.installation and r.reading_type = i.reading_type and r.measured_at = i.measured_at
where r.measured_at between ? and ?
group by i.position
"""  # noqa: S608 - the only thing put in is our own number
INSERT = """
insert into reading select installation, reading_type, measured_at, received_at, value, quality, source,
    frame, version from incoming order by version
"""


class ReadingWriter:
    """Owns the sequences of versions and frame numbers."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        query = "select coalesce(max(version), 0), (select coalesce(max(id), 0) from raw_frame) from reading"
        [(self._version, self._frame)] = cursor.execute(query).fetchall()

    def commit(self, cursor: duckdb.DuckDBPyConnection, batches: Sequence[ReadingBatch]) -> Committed:
        """Store all that is new, durable on return. After an error close the cursor: that rolls back."""
        rows = concatenated(batches)
        owner = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
        append = _Append(cursor, rows, self._version, self._frame)
        cursor.execute("begin")
        for turn in turns(rows):
            append.take_turn(turn)
        append.keep_frames()
        cursor.execute("commit")
        self._version, self._frame = append.version, append.frame
        stored = append.stored()
        counts = np.bincount(owner[append.positions()], minlength=len(batches))
        return Committed(counts, stored, self._version)


class _Append:
    """One transaction: which rows were stored, with which versions, and which frames they need."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, rows: ReadingBatch, version: int, frame: int) -> None:
        self.version, self.frame = version, frame
        self._cursor, self._rows = cursor, rows
        self._frame_ids = np.full(len(rows.frames) + 1, -1, dtype=np.int64)
        self._positions: list[Ints] = []
        self._quality = rows.quality.copy()

    def take_turn(self, turn: Ints) -> None:
        """Store the rows of a turn, in which no key occurs twice, that the file does not hold."""
        is_new, differs = self._compare(self._rows.take(turn))
        self._quality[turn[differs]] |= CONFLICTING
        fresh = turn[is_new]
        if not len(fresh):
            return
        self._positions.append(fresh)
        rows = replace(self._rows.take(fresh), quality=self._quality[fresh])
        versions = np.arange(self.version + 1, self.version + 1 + len(fresh))
        self.version += len(fresh)
        numbered = replace(rows, frame=self._frames_of(rows.frame))
        _run(self._cursor, INSERT, {**_columns(numbered), "version": versions})

    def keep_frames(self) -> None:
        """Store the raw frames that stored rows point to."""
        used = np.flatnonzero(self._frame_ids[:-1] >= 0)
        if not len(used):
            return
        used = used[np.argsort(self._frame_ids[used])]
        frames: list[RawFrame] = [self._rows.frames[index] for index in used]
        columns = {
            "id": self._frame_ids[used],
            "request": pa.array([frame.request for frame in frames], pa.binary()),
            "reply": pa.array([frame.reply for frame in frames], pa.binary()),
        }
        _run(self._cursor, "insert into raw_frame select id, request, reply from incoming", columns)

    def positions(self) -> Ints:
        """Where the stored rows stood in the incoming ones, in the order of their versions."""
        return np.concatenate(self._positions) if self._positions else np.empty(0, dtype=np.int64)

    def stored(self) -> ReadingBatch:
        """The stored rows in the order of their versions."""
        return replace(self._rows, quality=self._quality).take(self.positions())

    def _compare(self, rows: ReadingBatch) -> tuple[Flags, Flags]:
        bounds = [int(rows.measured_at.min()), int(rows.measured_at.max())]
        columns = {"position": np.arange(len(rows)), **_columns(rows)}
        known = _run(self._cursor, KNOWN, columns, bounds).fetchnumpy()
        at = known["position"].astype(np.int64)
        differs = np.zeros(len(rows), dtype=np.bool_)
        differs[at] = known["value"] != rows.value[at]
        same_marks = (known["quality"] | CONFLICTING) == (rows.quality[at] | CONFLICTING)
        is_new = np.ones(len(rows), dtype=np.bool_)
        is_new[at] = ~known["twin"].astype(np.bool_) & (differs[at] | ~same_marks)
        return is_new, differs & is_new

    def _frames_of(self, frame: Ints) -> Ints:
        new = np.unique(frame[(frame >= 0) & (self._frame_ids[frame] < 0)])
        self._frame_ids[new] = np.arange(self.frame + 1, self.frame + 1 + len(new))
        self.frame += len(new)
        return self._frame_ids[frame]


def _columns(rows: ReadingBatch) -> dict[str, Ints | pa.Array]:
    names = ("installation", "reading_type", "measured_at", "received_at", "value", "quality", "source")
    return {**{name: getattr(rows, name) for name in names}, "frame": rows.frame}


def _run(
    cursor: duckdb.DuckDBPyConnection,
    query: str,
    columns: dict[str, Ints | pa.Array],
    parameters: Sequence[int] = (),
) -> duckdb.DuckDBPyConnection:
    """Run a query with the columns as the table `incoming`."""
    cursor.register("incoming", pa.table(columns))
    return cursor.execute(query, list(parameters))
