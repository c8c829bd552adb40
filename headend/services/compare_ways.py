"""Registers of one meter by two ways, or by a line and a person: can both be true? Both are kept, and marked if not.

Looks only at meters with several ways, and at what people read; a meter with its own line alone costs one lookup a
batch. Of two values of the same instant the one by the better way stays the one in force.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from headend.domain.errors import StoreUnavailable
from headend.domain.field_readings import can_both_be_true
from headend.domain.instants import from_us, iso, to_us
from headend.domain.quality import ReadingQuality, mask
from headend.domain.reading_types import ReadingKind, ReadingType, ReadingTypeTable
from headend.domain.readings import (
    BY_PEOPLE,
    SOURCE_CODE,
    RawFrame,
    ReadingBatch,
    ReadingSource,
    StoredReading,
    batch_of,
    source_codes,
    source_number,
    source_of,
    way_of,
)
from headend.ports import ReadingStore
from headend.services.meter_facts import MeterFacts

REGISTER = "active_energy_import"  # of what lines tell; of what people read every register is looked at
WINDOW = timedelta(days=1)
PEOPLE = np.array([SOURCE_CODE[source] for source in sorted(BY_PEOPLE)])
LAST_RANK = 1 << 20  # people come after every way
SeveralWays = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Compared:
    """`before` is to be appended before the batch, `after` after it: stored rows that bear one mark more."""

    batch: ReadingBatch
    before: Sequence[ReadingBatch]
    after: Sequence[ReadingBatch]
    findings: Sequence[tuple[int, str]]


class CompareWays:
    """`has_several` says of an installation whether it has more than its own line."""

    def __init__(
        self, store: ReadingStore, facts: MeterFacts, types: ReadingTypeTable, has_several: SeveralWays
    ) -> None:
        self._store, self._facts, self._types, self._has_several = store, facts, types, has_several
        self._register = types.by_name(REGISTER).id
        self._last: dict[int, set[int]] = {}

    async def compare(self, batch: ReadingBatch) -> Compared:
        """What the store holds beside the rows of a batch, by another way; nothing while it cannot be asked."""
        before: list[ReadingBatch] = []
        after: list[ReadingBatch] = []
        findings: list[tuple[int, str]] = []
        disagree = np.zeros(len(batch), np.bool_)
        for row in self._rows(batch):
            for other in await self._contradicting(batch, row):
                disagree[row] = True
                is_better = _rank(other.source, other.way) <= _rank_of(int(batch.source[row]))
                is_same_instant = to_us(other.measured_at) == batch.measured_at[row]
                marked = await self._marked(other)
                (after if is_better and is_same_instant else before).append(marked)
                findings.append((other.installation_id, _words(batch, row, other)))
        marked_batch = batch.marked(disagree, ReadingQuality.WAYS_DISAGREE) if disagree.any() else batch
        return Compared(marked_batch, before, after, findings)

    def _rows(self, batch: ReadingBatch) -> list[int]:
        """The register of meters with several ways whose way is another than last time, and all that people read."""
        meters = {int(one) for one in np.unique(batch.installation) if self._has_several(int(one))}
        by_people = np.isin(source_codes(batch.source), PEOPLE)
        if not meters and not by_people.any():
            return []
        changed = [meter for meter in meters if self._is_told_otherwise(batch, meter)]
        wanted = np.isin(batch.installation, np.array(changed, np.int64)) & (batch.reading_type == self._register)
        return [row for row in np.flatnonzero(wanted | by_people).tolist() if self._is_register(batch, row)]

    def _is_told_otherwise(self, batch: ReadingBatch, meter: int) -> bool:
        """Whether a meter's readings come by another way than the last time, or by several."""
        ranks = {_rank_of(stored) for stored in np.unique(batch.source[batch.installation == meter]).tolist()}
        before = self._last.get(meter)
        self._last[meter] = ranks
        return ranks != before or len(ranks) > 1

    def _is_register(self, batch: ReadingBatch, row: int) -> bool:
        return self._types.by_id(int(batch.reading_type[row])).kind is ReadingKind.REGISTER

    async def _contradicting(self, batch: ReadingBatch, row: int) -> list[StoredReading]:
        """The nearest before and after, each by another way, with which the row cannot be true."""
        at, rank = from_us(int(batch.measured_at[row])), _rank_of(int(batch.source[row]))
        meter, type_id = int(batch.installation[row]), int(batch.reading_type[row])
        try:
            stored = await self._store.series(meter, [type_id], at - WINDOW, at + WINDOW)
        except StoreUnavailable:
            return []
        others = [one for one in stored if _rank(one.source, one.way) != rank]
        earlier = [one for one in others if one.measured_at <= at][-1:]
        later = [one for one in others if one.measured_at > at][:1]
        capacity = Decimal(int((await self._facts.of(batch.installation[[row]])).capacity_va[0])) / 1000
        kind, value = self._types.by_id(type_id), int(batch.value[row])
        return [one for one in (*earlier, *later) if not _agree(kind, (at, value), one, capacity)]

    async def _marked(self, other: StoredReading) -> ReadingBatch:
        frame = None if other.frame_id is None else await self._store.frame(other.frame_id)
        quality = mask({*other.qualities, ReadingQuality.WAYS_DISAGREE})
        return _one_row(other, quality, frame)


def _agree(kind: ReadingType, told: tuple[datetime, int], other: StoredReading, capacity_kva: Decimal) -> bool:
    (first_at, first), (last_at, last) = sorted([told, (other.measured_at, other.scaled)])
    count = Decimal(1).scaleb(-kind.shown_decimals) if last_at > first_at else Decimal(0)
    return can_both_be_true(kind.unscale(first), kind.unscale(last), last_at - first_at, capacity_kva, count)


def _one_row(other: StoredReading, quality: int, frame: RawFrame | None) -> ReadingBatch:
    cells = (
        other.installation_id,
        other.reading_type.id,
        to_us(other.measured_at),
        to_us(other.received_at),
        other.scaled,
        quality,
        source_number(other.source, other.way),
        -1,
        -1 if frame is None else 0,
    )
    return batch_of([np.array([cell], np.int64) for cell in cells], () if frame is None else (frame,))


def _rank(source: ReadingSource, way: int) -> int:
    return LAST_RANK if source in BY_PEOPLE else way


def _rank_of(stored: int) -> int:
    return _rank(source_of(stored), way_of(stored))


def _words(batch: ReadingBatch, row: int, other: StoredReading) -> str:
    kind, stored = other.reading_type, int(batch.source[row])
    told = f"{kind.text(int(batch.value[row]))} at {iso(from_us(int(batch.measured_at[row])))}"
    return (
        f"{kind.name} {told} by way {way_of(stored)} ({source_of(stored)}), "
        f"{other.text} at {iso(other.measured_at)} by way {other.way} ({other.source})"
    )
