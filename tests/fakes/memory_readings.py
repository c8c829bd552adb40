"""The ReadingStore port in plain Python, one row at a time: the twin that the contract suite compares with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from headend.domain.errors import StoreUnavailable
from headend.domain.instants import from_us, to_us
from headend.domain.quality import ReadingQuality, is_billable, mask
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, RawFrame, ReadingBatch, StoredReading, stored_readings
from headend.ports import PreviousReadings

CONFLICTING = mask([ReadingQuality.CONFLICTING])
Key = tuple[int, int, int]
Row = tuple[int, ...]  # installation, type, measured, received, value, quality, source, version, frame
MEASURED, RECEIVED, VALUE, QUALITY = 2, 3, 4, 5


class MemoryReadingStore:
    """Set `is_down` and nothing works any more."""

    def __init__(self, types: ReadingTypeTable) -> None:
        self.is_down = False
        self._types = types
        self._versions: dict[Key, list[Row]] = {}
        self._frames: list[RawFrame] = []
        self._version = 0

    async def append(self, batch: ReadingBatch) -> int:
        self._require_up()
        return sum(self._append_row(batch, position) for position in range(len(batch)))

    async def checkpoint(self) -> None:
        self._require_up()

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        self._require_up()
        found = [self._previous(*key) for key in zip(*(c.tolist() for c in batch.columns()[:3]), strict=True)]
        columns = np.array(found, dtype=np.int64).reshape(len(batch), 2)
        return PreviousReadings(columns[:, 0], columns[:, 1])

    async def series(
        self, installation_id: int, type_ids: Sequence[int], start: datetime, end: datetime
    ) -> Sequence[StoredReading]:
        low, high = to_us(start), to_us(end)
        rows = [r for r in self._resolved() if r[0] == installation_id and r[1] in type_ids]
        return self._readings(sorted(r for r in rows if low <= r[MEASURED] < high))

    async def history(self, installation_id: int, type_id: int, measured_at: datetime) -> Sequence[StoredReading]:
        self._require_up()
        return self._readings(self._versions.get((installation_id, type_id, to_us(measured_at)), []))

    async def latest(self, installation_id: int) -> Sequence[StoredReading]:
        newest = {r[1]: r for r in sorted(self._resolved()) if r[0] == installation_id}
        return self._readings([newest[type_id] for type_id in sorted(newest)])

    async def edges(
        self, type_ids: Sequence[int], edge: datetime, tolerance_s: float
    ) -> Mapping[tuple[int, int], StoredReading]:
        at, tolerance = to_us(edge), round(tolerance_s * 1_000_000)
        near = [r for r in self._resolved() if r[1] in type_ids and abs(r[MEASURED] - at) <= tolerance]
        near.sort(key=lambda r: (abs(r[MEASURED] - at), r[MEASURED]), reverse=True)
        return {(r.installation_id, r.reading_type.id): r for r in self._readings(near)}

    async def slots_present(self, type_id: int, start: datetime, slot_s: int, slots: int) -> Mapping[int, Ints]:
        present: dict[int, set[int]] = {}
        for row in self._resolved():
            slot = (row[MEASURED] - to_us(start)) // (slot_s * 1_000_000)
            if row[1] == type_id and 0 <= slot < slots:
                present.setdefault(row[0], set()).add(slot)
        return {key: np.array(sorted(found), dtype=np.int64) for key, found in present.items()}

    async def last_received(self, since: datetime) -> Mapping[int, datetime]:
        self._require_up()
        heard: dict[int, int] = {}
        for rows in self._versions.values():
            for row in rows:
                heard[row[0]] = max(heard.get(row[0], row[RECEIVED]), row[RECEIVED])
        return {key: from_us(at) for key, at in heard.items() if at >= to_us(since)}

    @property
    def versions(self) -> Sequence[Row]:
        """Every version of every reading, for twins that count them one by one."""
        self._require_up()
        return [row for rows in self._versions.values() for row in rows]

    async def frame(self, frame_id: int) -> RawFrame | None:
        self._require_up()
        return self._frames[frame_id - 1] if 0 < frame_id <= len(self._frames) else None

    def _append_row(self, batch: ReadingBatch, position: int) -> bool:
        installation, type_id, measured, received, value, quality, source, _, frame = (
            int(column[position]) for column in batch.columns()
        )
        versions = self._versions.get((installation, type_id, measured), [])
        marks = quality | CONFLICTING
        if any((r[RECEIVED], r[VALUE], r[QUALITY] | CONFLICTING) == (received, value, marks) for r in versions):
            return False
        if versions and (versions[-1][VALUE], versions[-1][QUALITY] | CONFLICTING) == (value, marks):
            return False
        if versions and versions[-1][VALUE] != value:
            quality |= CONFLICTING
        frame_id = self._keep_frame(batch.frames[frame]) if frame >= 0 else -1
        self._version += 1
        row = (installation, type_id, measured, received, value, quality, source, self._version, frame_id)
        self._versions.setdefault((installation, type_id, measured), []).append(row)
        return True

    def _keep_frame(self, frame: RawFrame) -> int:
        self._frames.append(frame)
        return len(self._frames)

    def _previous(self, installation: int, type_id: int, measured_at: int) -> tuple[int, int]:
        rows = [r for r in self._resolved() if r[:2] == (installation, type_id) and is_billable(r[QUALITY])]
        before = [(r[MEASURED], r[VALUE]) for r in rows if r[MEASURED] < measured_at]
        return max(before, default=(-1, 0))

    def _resolved(self) -> Iterator[Row]:
        self._require_up()
        return (rows[-1] for rows in self._versions.values())

    def _readings(self, rows: Sequence[Row]) -> list[StoredReading]:
        return stored_readings(list(zip(*rows, strict=True)) or [()] * 9, self._types)

    def _require_up(self) -> None:
        if self.is_down:
            raise StoreUnavailable("the reading store is switched off by the test")
