"""The in-memory reading store with an index, so that a day of a fleet takes seconds. Same answers, by its test."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np

from headend.domain.instants import to_us
from headend.domain.quality import is_billable
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, ReadingBatch, StoredReading
from tests.fakes.memory_readings import MEASURED, QUALITY, VALUE, MemoryReadingStore, Row


class IndexedReadingStore(MemoryReadingStore):
    """Looks only at the rows of the key that is asked for."""

    def __init__(self, types: ReadingTypeTable) -> None:
        super().__init__(types)
        self._times: dict[tuple[int, int], list[int]] = defaultdict(list)

    @property
    def versions(self) -> Iterable[list[Row]]:
        """All versions of every reading; the last is the valid one."""
        return self._versions.values()

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        self._require_up()
        low, size = to_us(start), slot_s * 1_000_000
        present: dict[int, Ints] = {}
        for (installation, kind), times in self._times.items():
            inside = times[bisect_left(times, low) : bisect_left(times, low + size * slots)] if kind == type_id else []
            if inside:
                present[installation] = np.unique((np.array(inside, dtype=np.int64) - low) // size)
        return present

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        self._require_up()
        at, tolerance = to_us(edge), round(tolerance_s * 1_000_000)
        nearest: list[Row] = []
        for (installation, kind), times in self._times.items():
            near = times[bisect_left(times, at - tolerance) : bisect_right(times, at + tolerance)]
            if kind in type_ids and near:
                measured = min(near, key=lambda time: (abs(time - at), time))
                nearest.append(self._versions[installation, kind, measured][-1])
        return {(r.installation_id, r.reading_type.id): r for r in self._readings(nearest)}

    def _append_row(self, batch: ReadingBatch, position: int) -> bool:
        is_new = super()._append_row(batch, position)
        if is_new:
            installation, kind, measured = (int(column[position]) for column in batch.columns()[:3])
            if len(self._versions[installation, kind, measured]) == 1:
                insort(self._times[installation, kind], measured)
        return is_new

    def _previous(self, installation: int, type_id: int, measured_at: int) -> tuple[int, int]:
        times = self._times.get((installation, type_id), [])
        for time in reversed(times[: bisect_left(times, measured_at)]):
            row = self._versions[installation, type_id, time][-1]
            if is_billable(row[QUALITY]):
                return row[MEASURED], row[VALUE]
        return -1, 0
