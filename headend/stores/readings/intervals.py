"""Port IntervalSource on DuckDB: the earliest reading of each slot of everybody, newest version, in one statement."""

from __future__ import annotations

import duckdb
import numpy as np

from headend.domain.slot_runs import SLOT_US
from headend.ports import SlotReadings
from headend.stores.readings.store import DuckDbReadingStore

COLUMNS = ("installation", "slot", "measured_at", "value", "quality", "source")
QUERY = f"""
select installation, measured_at // {SLOT_US} as slot, measured_at, value, quality, source from resolved
where reading_type = $type and measured_at >= $start and measured_at < $end
qualify row_number() over (partition by installation, slot order by measured_at) = 1
order by installation, slot
"""  # noqa: S608 - our own numbers


class DuckDbIntervals:
    """A channel of everybody by slot."""

    def __init__(self, store: DuckDbReadingStore) -> None:
        self._store = store

    async def slot_readings(self, type_id: int, first: int, end: int) -> SlotReadings:
        """See IntervalSource."""
        return await self._store.ask(lambda cursor: _found(cursor, type_id, first, end))


def _found(cursor: duckdb.DuckDBPyConnection, type_id: int, first: int, end: int) -> SlotReadings:
    parameters = {"type": type_id, "start": first * SLOT_US, "end": end * SLOT_US}
    found = cursor.execute(QUERY, parameters).fetchnumpy()
    return SlotReadings(*(found[name].astype(np.int64) for name in COLUMNS))
