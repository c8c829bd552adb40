"""A table as CSV: RFC 4180, UTF-8, an empty cell where nothing is known. No formula survives."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from headend.domain.export_table import ColumnKind, ExportColumn, ExportTable
from headend.domain.instants import from_us, iso

PART = 50_000  # rows that are text at one time beside the file itself
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CsvTable:
    """TableWriter of `--format csv`."""

    media_type = "text/csv; charset=utf-8"
    suffix = ".csv"

    def render(self, table: ExportTable) -> bytes:
        """The whole file."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([column.name for column in table.columns])
        for at in range(0, len(table), PART):
            writer.writerows(zip(*(_cells(column, at, at + PART) for column in table.columns), strict=True))
        return text.getvalue().encode()


def _cells(column: ExportColumn, begin: int, end: int) -> list[str]:
    told = TEXT[column.kind](column)
    values, known = column.values[begin:end].tolist(), column.known[begin:end].tolist()
    return [told(value) if is_known else "" for value, is_known in zip(values, known, strict=True)]


def _decimal(column: ExportColumn) -> Callable[[int], str]:
    size = column.decimals

    def text(scaled: int) -> str:
        digits = str(abs(scaled)).rjust(size + 1, "0")
        number = f"{digits[:-size]}.{digits[-size:]}" if size else digits
        return f"-{number}" if scaled < 0 else number

    return text


def _word(column: ExportColumn) -> Callable[[int], str]:
    words = [f"'{word}" if word.startswith(FORMULA_STARTS) else word for word in column.words]
    return words.__getitem__


TEXT: Mapping[ColumnKind, Callable[[ExportColumn], Callable[[int], str]]] = {
    ColumnKind.INTEGER: lambda column: str,
    ColumnKind.DECIMAL: _decimal,
    ColumnKind.INSTANT: lambda column: lambda value: iso(from_us(value)),
    ColumnKind.WORD: _word,
}
