"""The questions to the file, each over the resolved view (`history` alone sees every version).

Pure functions of a cursor; columns in, columns out.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from headend.domain.quality import FAILED_MASK
from headend.domain.readings import Ints, RawFrame, ReadingBatch
from headend.stores.readings.newest import NEVER

NEAR_US = 2 * 86_400_000_000
COLUMNS = "installation, reading_type, measured_at, received_at, value, quality, source, version, frame"
SERIES = f"""
select {COLUMNS} from resolved
where installation = ? and list_contains(?, reading_type) and measured_at >= ? and measured_at < ?
order by reading_type, measured_at
"""  # noqa: S608 - our own names
HISTORY = f"""
select {COLUMNS} from reading where installation = ? and reading_type = ? and measured_at = ?
order by version
"""  # noqa: S608 - our own names
LATEST = f"""
select {COLUMNS} from resolved
where installation = ? and list_contains(?, reading_type) and list_contains(?, measured_at)
    and measured_at between ? and ?
qualify row_number() over (partition by reading_type order by measured_at desc) = 1
order by reading_type
"""  # noqa: S608 - our own names
EDGES = f"""
select {COLUMNS} from resolved
where list_contains(?, reading_type) and measured_at between ? and ?
qualify row_number() over (
    partition by installation, reading_type order by abs(measured_at - ?), measured_at) = 1
order by installation, reading_type
"""  # noqa: S608 - our own names
SLOTS = """
select distinct installation, (measured_at - $start) // $slot as slot from resolved
where reading_type = $type and measured_at >= $start and measured_at < $end order by installation, slot
"""
PREVIOUS = """
select asked.position, known.measured_at, known.value
from asked asof join (
    select installation, reading_type, measured_at, value from resolved
    where list_contains($installations, installation) and list_contains($types, reading_type)
        and measured_at >= $low and measured_at < $high and (quality & $failed) = 0) known
on asked.installation = known.installation and asked.reading_type = known.reading_type
    and asked.measured_at > known.measured_at
"""
Columns = list[list[int]]


def series(
    cursor: duckdb.DuckDBPyConnection, installation: int, types: Sequence[int], span: tuple[int, int]
) -> Columns:
    """Newest versions of one installation in [start, end), by type and time."""
    return _columns(cursor.execute(SERIES, [installation, list(types), *span]))


def history(cursor: duckdb.DuckDBPyConnection, installation: int, type_id: int, measured_at: int) -> Columns:
    """Every version of one key, oldest first."""
    return _columns(cursor.execute(HISTORY, [installation, type_id, measured_at]))


def latest(cursor: duckdb.DuckDBPyConnection, installation: int, types: Ints, newest_at: Ints) -> Columns:
    """The readings of an installation at the newest time of each type."""
    if not len(types):
        return [[] for _ in COLUMNS.split(",")]
    times = np.unique(newest_at).tolist()
    return _columns(cursor.execute(LATEST, [installation, types.tolist(), times, times[0], times[-1]]))


def edges(cursor: duckdb.DuckDBPyConnection, types: Sequence[int], edge: int, tolerance: int) -> Columns:
    """For each installation and type the reading nearest to the edge; the earlier one wins a tie."""
    return _columns(cursor.execute(EDGES, [list(types), edge - tolerance, edge + tolerance, edge]))


def slots_present(
    cursor: duckdb.DuckDBPyConnection, type_id: int, start: int, slot: int, slots: int
) -> dict[int, Ints]:
    """For each installation the sorted slots that hold a reading."""
    parameters = {"type": type_id, "start": start, "slot": slot, "end": start + slot * slots}
    found = cursor.execute(SLOTS, parameters).fetchnumpy()
    installations, first = np.unique(found["installation"], return_index=True)
    parts = np.split(found["slot"], first[1:])
    return dict(zip(installations.tolist(), parts, strict=False))


def previous(cursor: duckdb.DuckDBPyConnection, asked: ReadingBatch) -> tuple[Ints, Ints]:
    """Time and value of the newest billable reading before each row: first near in time, then anywhere."""
    measured_at = np.full(len(asked), NEVER, dtype=np.int64)
    value = np.zeros(len(asked), dtype=np.int64)
    for low in (int(asked.measured_at.min()) - NEAR_US, np.iinfo(np.int64).min):
        rest = np.flatnonzero(measured_at == NEVER)
        if len(rest):
            found = _previous_since(cursor, asked.take(rest), int(low))
            at = rest[found["position"]]
            measured_at[at], value[at] = found["measured_at"], found["value"]
    return measured_at, value


def frame(cursor: duckdb.DuckDBPyConnection, frame_id: int) -> RawFrame | None:
    """The raw frame with this number."""
    row = cursor.execute("select request, reply from raw_frame where id = ?", [frame_id]).fetchone()
    return None if row is None else RawFrame(*row)


def _previous_since(cursor: duckdb.DuckDBPyConnection, asked: ReadingBatch, low: int) -> dict[str, Ints]:
    table = pa.table(
        {
            "position": np.arange(len(asked)),
            "installation": asked.installation,
            "reading_type": asked.reading_type,
            "measured_at": asked.measured_at,
        }
    )
    cursor.register("asked", table)
    parameters = {
        "installations": np.unique(asked.installation).tolist(),
        "types": np.unique(asked.reading_type).tolist(),
        "low": low,
        "high": int(asked.measured_at.max()),
        "failed": FAILED_MASK,
    }
    found: dict[str, Ints] = cursor.execute(PREVIOUS, parameters).fetchnumpy()
    return found


def _columns(result: duckdb.DuckDBPyConnection) -> Columns:
    return [column.tolist() for column in result.fetchnumpy().values()]
