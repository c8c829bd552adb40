"""Reading batches for tests, written row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from headend.domain.instants import from_us
from headend.domain.quality import ReadingQuality, mask
from headend.domain.reading_types import ReadingTypeTable, read_table
from headend.domain.readings import SOURCE_CODE, RawFrame, ReadingBatch, ReadingSource, batch_of

TYPES_FILE = Path(__file__).parents[2] / "config" / "reading_types.csv"
SLOT_US = 900_000_000
START_US = 1_790_000_000_000_000 // SLOT_US * SLOT_US


def shipped_types() -> ReadingTypeTable:
    """The reading types that ship."""
    return read_table(TYPES_FILE.read_text(encoding="utf-8"), str(TYPES_FILE))


def at(slot: float) -> datetime:
    """The beginning of a 15-minute slot, counted from the tests' epoch."""
    return from_us(START_US + round(slot * SLOT_US))


@dataclass(frozen=True, slots=True)
class Row:
    """One reading; `slot` counts quarters of an hour, it is heard `delay` seconds after that."""

    slot: float = 0
    value: int = 0
    meter: int = 1
    type_id: int = 1
    qualities: tuple[ReadingQuality, ...] = ()
    delay: int = 5
    source: ReadingSource = ReadingSource.SCHEDULED
    frame: RawFrame | None = None


def batch(*rows: Row) -> ReadingBatch:
    """The rows as columns."""
    frames = list(dict.fromkeys(row.frame for row in rows if row.frame is not None))

    def column(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(list(values), dtype=np.int64)

    measured_at = column(START_US + round(row.slot * SLOT_US) for row in rows)
    columns = [
        column(row.meter for row in rows),
        column(row.type_id for row in rows),
        measured_at,
        measured_at + column(row.delay * 1_000_000 for row in rows),
        column(row.value for row in rows),
        column(mask(row.qualities) for row in rows),
        column(SOURCE_CODE[row.source] for row in rows),
        column(1 for row in rows),
        column(-1 if row.frame is None else frames.index(row.frame) for row in rows),
    ]
    return batch_of(columns, tuple(frames))
