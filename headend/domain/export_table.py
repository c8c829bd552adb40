"""A table to be written as a file: named columns of integers with a mask of what is known. Knows no file format.

Words are codes into a list, instants are us UTC, decimals are scaled integers, so that a column is one array whatever
it holds; where `known` is false the cell is empty in every format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from headend.domain.meter_days import Rows
from headend.domain.readings import Ints


class ColumnKind(StrEnum):
    """What the integers of a column mean."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    INSTANT = "instant"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column. `words` belong to WORD, `decimals` to DECIMAL."""

    name: str
    kind: ColumnKind
    values: Ints
    known: Rows
    words: Sequence[str] = ()
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class ExportTable:
    """Columns of equal length; `name` is the file's, without its ending."""

    name: str
    columns: Sequence[ExportColumn]

    def __post_init__(self) -> None:
        if len({len(column.values) for column in self.columns}) > 1:
            raise ValueError("the columns of a table must be of equal length")

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0
