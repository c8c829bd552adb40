"""Answers of the server, CSV to columns, and which revision is the newest. Pure; no value ever becomes a float."""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from headend.domain.errors import StoreUnavailable
from headend.domain.readings import Ints, RawFrame
from headend.stores.readings.influxdb.points import READING_FIELDS, REVISIONS

TAGS = ("installation", "type")
TYPES = {"_time": pa.timestamp("ns", "UTC"), "_field": pa.string(), **dict.fromkeys(TAGS, pa.int64())}
FIELD_COUNT = len(READING_FIELDS)


@dataclass(frozen=True, slots=True)
class Versions:
    """Readings in all asked revisions, sorted by installation, type, time and revision."""

    installation: Ints
    reading_type: Ints
    measured_at: Ints
    received_at: Ints
    value: Ints
    quality: Ints
    source: Ints
    revision: Ints
    frame: Ints

    @classmethod
    def joined(cls, parts: Sequence[Versions]) -> Versions:
        """One after the other."""
        return cls(*(np.concatenate(columns) for columns in zip(*(part._columns() for part in parts), strict=True)))

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: Ints) -> Versions:
        """The rows with these indices."""
        return Versions(*(column[rows] for column in self._columns()))

    def newest(self) -> Versions:
        """Of each reading the newest revision."""
        key = (self.installation, self.reading_type, self.measured_at)
        same = np.logical_and.reduce([column[1:] == column[:-1] for column in key])
        return self.take(np.flatnonzero(np.append(~same, True)[: len(self)]))

    def listed(self) -> list[list[int]]:
        """Columns for `stored_readings`; the first revision is version 1."""
        columns = list(self._columns())
        columns[7] = self.revision + 1
        return [column.tolist() for column in columns]

    def _columns(self) -> tuple[Ints, ...]:
        return (
            self.installation,
            self.reading_type,
            self.measured_at,
            self.received_at,
            self.value,
            self.quality,
            self.source,
            self.revision,
            self.frame,
        )


def versions(answer: bytes) -> Versions:
    """The readings of an answer; StoreUnavailable when a point does not have all its fields."""
    table = _table(answer, pa.int64(), TAGS)
    installation, reading_type, time, value = (_ints(table[name]) for name in (*TAGS, "_time", "_value"))
    field = _ints(pc.fill_null(pc.index_in(table["_field"], pa.array(READING_FIELDS)), FIELD_COUNT).cast(pa.int64()))
    order = np.lexsort((field, time, reading_type, installation))
    expected = np.tile(np.arange(FIELD_COUNT), -(-len(field) // FIELD_COUNT))
    if len(expected) != len(field) or (field[order] != expected).any():
        raise StoreUnavailable("the bucket holds readings that are not whole: somebody else writes into it")
    columns = value[order].reshape(-1, FIELD_COUNT).T
    frame, quality, received_at, source, scaled = columns
    at = time[order][::FIELD_COUNT]
    return Versions(
        installation[order][::FIELD_COUNT],
        reading_type[order][::FIELD_COUNT],
        at // REVISIONS,
        received_at,
        scaled,
        quality,
        source,
        at % REVISIONS,
        frame,
    )


def times(answer: bytes) -> tuple[Ints, Ints, Ints]:
    """Installation, type and microsecond of each row, sorted and without doubles."""
    table = _table(answer, pa.int64(), TAGS)
    columns = [_ints(table["installation"]), _ints(table["type"]), _ints(table["_time"]) // REVISIONS]
    rows = np.unique(np.stack(columns, axis=1), axis=0)
    return rows[:, 0], rows[:, 1], rows[:, 2]


def heard(answer: bytes) -> dict[int, int]:
    """When each installation was last heard, in microseconds."""
    table = _table(answer, pa.int64(), ("installation",))
    return dict(zip(table["installation"].to_pylist(), (_ints(table["_time"]) // REVISIONS).tolist(), strict=True))


def frame(answer: bytes) -> RawFrame | None:
    """The raw frame of an answer, or None when there is none."""
    table = _table(answer, pa.string(), ())
    fields = dict(zip(table["_field"].to_pylist(), table["_value"].to_pylist(), strict=True))
    return RawFrame(b64decode(fields["request"]), b64decode(fields["reply"])) if fields else None


def newest_frame_id(answer: bytes) -> int:
    """The number of the newest frame, 0 when there is none."""
    return max((_ints(_table(answer, pa.string(), ())["_time"]) // REVISIONS).tolist(), default=0)


def _table(answer: bytes, value: pa.DataType, tags: tuple[str, ...]) -> pa.Table:
    """All tables of an answer as one. Blocks that differ in their columns are parted by an empty line."""
    types = {name: TYPES[name] for name in ("_time", "_field", *tags)} | {"_value": value}
    blocks = [block for block in answer.replace(b"\r\n", b"\n").split(b"\n\n") if block.strip()]
    tables = [_block(block, types) for block in blocks]
    return pa.concat_tables([pa.schema(list(types.items())).empty_table(), *tables])


def _block(block: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    text = block.strip(b"\n")
    header = text.partition(b"\n")[0].split(b",")
    if b"error" in header:
        raise StoreUnavailable(f"InfluxDB gave up in the middle of its answer: {text.decode(errors='replace')[-300:]}")
    options = csv.ConvertOptions(column_types=types, include_columns=list(types), null_values=[])
    try:
        return csv.read_csv(io.BytesIO(text), convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise StoreUnavailable(f"InfluxDB's answer is not what was asked for: {error}") from error


def _ints(column: pa.ChunkedArray) -> Ints:
    numbers: Ints = column.cast(pa.int64()).to_numpy()
    return numbers
