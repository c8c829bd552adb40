"""In-memory twin of the gap ledger, one row at a time."""

from __future__ import annotations

import numpy as np

from headend.domain.errors import Conflict, StoreUnavailable
from headend.domain.gap_ledger import ClosedRuns, GapRuns, LedgerChange, in_order
from headend.ports import LedgerQuestion

Row = tuple[int, ...]


class MemoryGapLedger:
    """Port GapLedger."""

    is_down = False

    def __init__(self) -> None:
        self._open: list[Row] = []
        self._closed: list[Row] = []
        self._number = 0

    async def open_runs(self, asked: LedgerQuestion) -> GapRuns:
        self._require_up()
        rows = [row for row in self._open if _is_about(row, asked) and row[8] <= asked.due_by]
        return in_order(GapRuns(*np.array(rows, np.int64).reshape(-1, 10).T))

    async def closed_runs(self, asked: LedgerQuestion, limit: int) -> ClosedRuns:
        self._require_up()
        rows = sorted((row for row in reversed(self._closed) if _is_about(row, asked)), key=lambda row: -row[7])
        return ClosedRuns(*np.array(rows[:limit], np.int64).reshape(-1, 9).T)

    async def change(self, change: LedgerChange) -> None:
        self._require_up()
        gone = set(change.gone.tolist())
        if not gone <= {row[9] for row in self._open}:
            raise Conflict("somebody else changed the gap ledger meanwhile; compare again")
        self._open = [row for row in self._open if row[9] not in gone]
        for row in zip(*(column.tolist() for column in change.opened.columns()), strict=True):
            self._number += 1
            self._open.append((*row[:9], self._number))
        self._closed += zip(*(column.tolist() for column in change.closed.columns()), strict=True)

    def _require_up(self) -> None:
        if self.is_down:
            raise StoreUnavailable("the store is switched off by the test")


def _is_about(row: Row, asked: LedgerQuestion) -> bool:
    return (
        row[3] >= asked.first
        and row[2] < asked.end
        and (asked.installations is None or row[0] in asked.installations)
        and asked.reading_type in (None, row[1])
    )
