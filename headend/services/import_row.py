"""One row of an import file, read cell by cell: every wrong cell is noted, none is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError

Member = TypeVar("Member", bound=StrEnum)


class ImportRow:
    """One row; each wrong cell is added to `errors` with file, line, column and remedy."""

    def __init__(
        self, file: str, line: int, header: Sequence[str], cells: Sequence[str], errors: list[ConfigError]
    ) -> None:
        self._file, self.line, self._errors = file, line, errors
        self._header, self._given = header, len(cells)
        self._cells: Mapping[str, str] = dict(zip(header, (c.strip() for c in cells), strict=False))
        self.is_wrong = False

    def wrong(self, column: str, problem: str, remedy: str) -> None:
        """Note an error of this row."""
        self.is_wrong = True
        self._errors.append(ConfigError(problem, file=self._file, line=self.line, key=column, remedy=remedy))

    def has_all_cells(self) -> bool:
        """As many cells as the header has columns."""
        if self._given == len(self._header):
            return True
        self.wrong("", f"{self._given} cells, the header has {len(self._header)}", "write one cell for each column")
        return False

    def cell(self, column: str) -> str:
        """The text of a column, perhaps empty; empty as well when the file leaves an optional column out."""
        return self._cells.get(column, "")

    def empty(self, column: str) -> str:
        """An error when something is written where nothing belongs."""
        if self.cell(column):
            self.wrong(column, f"{self.cell(column)!r} has no meaning here", "leave it empty")
        return ""

    def required(self, column: str) -> str:
        """The text of a column; an error when it is empty."""
        if not self.cell(column):
            self.wrong(column, "is empty", "fill it in")
        return self.cell(column)

    def one_of(self, column: str, members: type[Member]) -> Member | None:
        """The member that the text names, or None and an error."""
        try:
            return members(self.cell(column))
        except ValueError:
            self.wrong(column, f"{self.cell(column)!r} is not known", f"write one of {', '.join(members)}")
            return None

    def decimal(self, column: str, *, lowest: Decimal, default: Decimal) -> Decimal:
        """A finite number from `lowest`; `default` when empty."""
        text = self.cell(column)
        try:
            value = Decimal(text) if text else default
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < lowest:
            self.wrong(column, f"{text!r} is no number from {lowest}", "write a decimal number with a point")
        return value

    def instant(self, column: str, zone: ZoneInfo) -> datetime | None:
        """An aware instant in UTC; a date without offset is local to the zone."""
        try:
            moment = datetime.fromisoformat(self.cell(column))
        except ValueError:
            self.wrong(column, f"{self.cell(column)!r} is no date", "write 2026-01-31 or 2026-01-31T08:00:00+08:00")
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
