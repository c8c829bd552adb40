"""A table as Parquet: nulls where nothing is known, exact decimals, instants in UTC, words as dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headend.domain.export_table import ColumnKind, ExportColumn, ExportTable

DIGITS = 19  # as many as an int64 has


class ParquetTable:
    """TableWriter of `--format parquet`."""

    media_type = "application/vnd.apache.parquet"
    suffix = ".parquet"

    def render(self, table: ExportTable) -> bytes:
        """The whole file."""
        arrays = {column.name: ARRAYS[column.kind](column) for column in table.columns}
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(arrays), sink, compression="zstd")
        content = sink.getvalue().to_pybytes()
        assert isinstance(content, bytes)
        return content


def _decimals(column: ExportColumn) -> pa.Array:
    """Scaled 64-bit integers as 128-bit decimals, bit by bit: no number is computed with."""
    halves = np.stack([column.values, column.values >> 63], axis=1).astype("<i8")
    known = pa.array(column.known).buffers()[1] if len(column.known) else None
    buffers = [known, pa.py_buffer(halves.tobytes())]
    return pa.Array.from_buffers(pa.decimal128(DIGITS, column.decimals), len(column.values), buffers)


def _words(column: ExportColumn) -> pa.Array:
    codes = pa.array(np.where(column.known, column.values, 0).astype(np.int32), mask=~column.known)
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(column.words), pa.string()))


ARRAYS: Mapping[ColumnKind, Callable[[ExportColumn], pa.Array]] = {
    ColumnKind.INTEGER: lambda column: pa.array(column.values, mask=~column.known),
    ColumnKind.DECIMAL: _decimals,
    ColumnKind.INSTANT: lambda column: pa.array(column.values, mask=~column.known).cast(pa.timestamp("us", "UTC")),
    ColumnKind.WORD: _words,
}
