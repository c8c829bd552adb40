"""Readings: one at the edges (`Reading`, Decimal), columns where many travel (`ReadingBatch`, scaled int64).

Meter time (`measured_at`) and receive time are both kept; so is the raw frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headend.domain.instants import from_us, to_us
from headend.domain.metering import OWN_LINE
from headend.domain.quality import ReadingQuality, mask, unmask
from headend.domain.reading_types import UNIT_CODE, ReadingType, ReadingTypeTable

Ints = NDArray[np.int64]


class ReadingSource(StrEnum):
    """How the value came to us."""

    SCHEDULED = "scheduled"
    ON_DEMAND = "on_demand"
    DAILY_FREEZE = "daily_freeze"
    LOAD_PROFILE = "load_profile"
    PUSHED = "pushed"
    EXCHANGE = "exchange"
    HAND_HELD = "hand_held"
    MANUAL = "manual"


SOURCES: tuple[ReadingSource, ...] = tuple(ReadingSource)
SOURCE_CODE: dict[ReadingSource, int] = {source: code for code, source in enumerate(SOURCES)}
BY_PEOPLE = frozenset({ReadingSource.HAND_HELD, ReadingSource.MANUAL})
WAY_SHIFT = 8  # a stored source is its code, and above these bits the rank of the way less one


def source_number(source: ReadingSource, way: int) -> int:
    """The stored integer of a source and the way by which it came; the code alone on the meter's own line."""
    return SOURCE_CODE[source] | (way - OWN_LINE) << WAY_SHIFT


def source_of(stored: int) -> ReadingSource:
    """The source in a stored integer."""
    return SOURCES[stored & ((1 << WAY_SHIFT) - 1)]


def way_of(stored: int) -> int:
    """The rank of the way in a stored integer."""
    return OWN_LINE + (stored >> WAY_SHIFT)


def source_codes(stored: Ints) -> Ints:
    """The codes of ReadingSource in stored integers."""
    return stored & ((1 << WAY_SHIFT) - 1)


class RawFrame(NamedTuple):
    """The bytes that prove a reading: what was asked and what was answered, as on the wire.

    A named tuple, because every exchange makes one.
    """

    request: bytes
    reply: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as told by a meter: `value` in `unit`, `measured_at` aware, in the meter's own time.

    `way` is the rank of the way by which it came.
    """

    installation_id: int
    reading_type: ReadingType
    measured_at: datetime
    received_at: datetime
    value: Decimal
    unit: str
    source: ReadingSource
    qualities: frozenset[ReadingQuality] = frozenset()
    frame: RawFrame | None = None
    way: int = OWN_LINE

    def __post_init__(self) -> None:
        if self.measured_at.tzinfo is None or self.received_at.tzinfo is None:
            raise ValueError("the instants of a reading must be aware")

    def fitted(self) -> Reading:
        """The reading itself, or rounded half-even to the type's decimals and marked so."""
        step = Decimal(1).scaleb(-self.reading_type.decimals)
        rounded = self.value.quantize(step, rounding=ROUND_HALF_EVEN)
        if rounded == self.value:
            return self
        return replace(self, value=rounded, qualities=self.qualities | {ReadingQuality.ROUNDED})


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Readings as columns of equal length: instants in us UTC, values scaled by the type's decimals.

    `unit` indexes `UNITS` (as told by the device), `frame` indexes `frames`; -1 = unknown, none. `source` is a
    `source_number`.
    """

    installation: Ints
    reading_type: Ints
    measured_at: Ints
    received_at: Ints
    value: Ints
    quality: Ints
    source: Ints
    unit: Ints
    frame: Ints
    frames: tuple[RawFrame, ...] = field(default=())

    def __post_init__(self) -> None:
        length = len(self.installation)
        if any(len(column) != length for column in self.columns()):
            raise ValueError("the columns of a batch must be of equal length")

    def __len__(self) -> int:
        return len(self.installation)

    def columns(self) -> tuple[Ints, ...]:
        """The columns in the order of their fields."""
        return (
            self.installation,
            self.reading_type,
            self.measured_at,
            self.received_at,
            self.value,
            self.quality,
            self.source,
            self.unit,
            self.frame,
        )

    def take(self, rows: Ints) -> ReadingBatch:
        """The batch of the rows with these indices, in this order."""
        return batch_of([column[rows] for column in self.columns()], self.frames)

    def marked(self, rows: NDArray[np.bool_], quality: ReadingQuality) -> ReadingBatch:
        """The batch with one more quality on the rows that are true."""
        added = np.where(rows, np.int64(mask([quality])), np.int64(0))
        return replace(self, quality=self.quality | added)


def batch_of(columns: Sequence[Ints], frames: tuple[RawFrame, ...]) -> ReadingBatch:
    """A batch of columns in the order of `ReadingBatch.columns()`."""
    installation, reading_type, measured_at, received_at, value, quality, source, unit, frame = columns
    return ReadingBatch(
        installation, reading_type, measured_at, received_at, value, quality, source, unit, frame, frames
    )


def to_batch(readings: Sequence[Reading]) -> ReadingBatch:
    """Columns of single readings; values that do not fit their type are rounded and marked."""
    fitted = [reading.fitted() for reading in readings]
    frames: dict[RawFrame, int] = {}
    for reading in fitted:
        if reading.frame is not None:
            frames.setdefault(reading.frame, len(frames))

    def column(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)

    return ReadingBatch(
        installation=column([r.installation_id for r in fitted]),
        reading_type=column([r.reading_type.id for r in fitted]),
        measured_at=column([to_us(r.measured_at) for r in fitted]),
        received_at=column([to_us(r.received_at) for r in fitted]),
        value=column([r.reading_type.scale(r.value) for r in fitted]),
        quality=column([mask(r.qualities) for r in fitted]),
        source=column([source_number(r.source, r.way) for r in fitted]),
        unit=column([UNIT_CODE.get(r.unit, -1) for r in fitted]),
        frame=column([-1 if r.frame is None else frames[r.frame] for r in fitted]),
        frames=tuple(frames),
    )


def concatenated(batches: Sequence[ReadingBatch]) -> ReadingBatch:
    """One batch of many, frames renumbered."""
    if len(batches) == 1:
        return batches[0]
    columns = [np.concatenate(parts) for parts in zip(*(b.columns()[:-1] for b in batches), strict=True)]
    frames: list[RawFrame] = []
    indices = []
    for batch in batches:
        indices.append(np.where(batch.frame < 0, np.int64(-1), batch.frame + len(frames)))
        frames.extend(batch.frames)
    return batch_of([*columns, np.concatenate(indices)], tuple(frames))


@dataclass(frozen=True, slots=True)
class StoredReading:
    """One resolved reading as a store gives it back: newest version, exact text, marks, frame number."""

    installation_id: int
    reading_type: ReadingType
    measured_at: datetime
    received_at: datetime
    scaled: int
    qualities: tuple[ReadingQuality, ...]
    source: ReadingSource
    version: int
    frame_id: int | None
    way: int = OWN_LINE

    @property
    def text(self) -> str:
        """The value as decimal text in the type's unit."""
        return self.reading_type.text(self.scaled)


def stored_readings(columns: Sequence[Sequence[int]], types: ReadingTypeTable) -> list[StoredReading]:
    """Rows of a store (installation, type, measured, received, value, quality, source, version, frame)."""
    return [
        StoredReading(
            installation_id=row[0],
            reading_type=types.by_id(row[1]),
            measured_at=from_us(row[2]),
            received_at=from_us(row[3]),
            scaled=row[4],
            qualities=unmask(row[5]),
            source=source_of(row[6]),
            version=row[7],
            frame_id=None if row[8] < 0 else row[8],
            way=way_of(row[6]),
        )
        for row in zip(*columns, strict=True)
    ]
