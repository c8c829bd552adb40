"""The DayFactsSource port in plain Python: every meter and every reading looked at one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from headend.domain.instants import from_us
from headend.domain.meter_days import DayFacts
from headend.domain.quality import ReadingQuality, unmask
from headend.domain.readings import BY_PEOPLE, ReadingSource, source_of
from headend.ports import DayQuestion
from tests.fakes.memory_readings import MemoryReadingStore, Row

SLOT = timedelta(minutes=15)
LIVE = (ReadingSource.SCHEDULED, ReadingSource.ON_DEMAND)


class MemoryDayFacts:
    """Counts what a `MemoryReadingStore` holds."""

    def __init__(self, store: MemoryReadingStore) -> None:
        self._store = store

    async def day_facts(self, question: DayQuestion) -> DayFacts:
        own: dict[int, list[Row]] = defaultdict(list)
        for version in self._store.versions:
            own[version[0]].append(version)
        rows = [self._of(question, row, own[int(meter)]) for row, meter in enumerate(question.installation)]
        return DayFacts(*np.array(rows, np.int64).reshape(-1, 6).T)

    def _of(self, asked: DayQuestion, row: int, versions: Sequence[Row]) -> tuple[int, ...]:
        start, end = asked.day.start, asked.day.end
        first: dict[int, timedelta] = {}
        at_end = heard = seen = wrong = False
        for version in versions:
            source = source_of(version[6])
            measured, received, marks = from_us(version[2]), from_us(version[3]), unmask(version[5])
            if source in LIVE and start <= received < end and ReadingQuality.TIME_FROM_HEADEND not in marks:
                seen, wrong = True, wrong or ReadingQuality.CLOCK_OFFSET in marks
            if version[1] != asked.type_id or ReadingQuality.ESTIMATED in marks or source in BY_PEOPLE:
                continue
            at_end = at_end or abs(measured - end) <= timedelta(seconds=asked.edge_s)
            heard = heard or end - timedelta(days=asked.heard_days) <= received < end
            slot = (measured - start) // SLOT
            if self._is_due(asked, row, version[2]):
                late = received - (start + SLOT * (slot + 1))
                first[slot] = min(first.get(slot, late), late)
        timely = sum(late <= timedelta(seconds=asked.timely_s) for late in first.values())
        return len(first), timely, at_end, heard, seen, wrong

    def _is_due(self, asked: DayQuestion, row: int, measured: int) -> bool:
        windows = asked.windows
        return any(
            windows.row[n] == row and windows.begin[n] <= measured < windows.end[n] for n in range(len(windows.row))
        )
