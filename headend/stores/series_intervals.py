"""Port IntervalSource over any reading store: one meter's series after the other. Slow with many meters, exact."""

from __future__ import annotations

import numpy as np

from headend.domain.instants import to_us
from headend.domain.quality import mask
from headend.domain.readings import StoredReading, source_number
from headend.domain.slot_runs import slot_of, slot_start
from headend.ports import MeterRegistry, ReadingStore, SlotReadings


class SeriesIntervals:
    """A channel of everybody by slot."""

    def __init__(self, registry: MeterRegistry, store: ReadingStore) -> None:
        self._registry, self._store = registry, store

    async def slot_readings(self, type_id: int, first: int, end: int) -> SlotReadings:
        """See IntervalSource."""
        span = slot_start(first), slot_start(end)
        earliest: dict[tuple[int, int], StoredReading] = {}
        for installation in await self._registry.installations():
            for reading in await self._store.series(installation.id, [type_id], *span):
                earliest.setdefault((installation.id, slot_of(reading.measured_at)), reading)
        rows = [
            (meter, slot, to_us(r.measured_at), r.scaled, mask(r.qualities), source_number(r.source, r.way))
            for (meter, slot), r in sorted(earliest.items())
        ]
        return SlotReadings(*np.array(rows, np.int64).reshape(-1, 6).T)
