"""What one commit of any engine tells: counts for its callers, rows for the newest columns."""

from __future__ import annotations

from dataclasses import dataclass

from headend.domain.readings import Ints, ReadingBatch


@dataclass(frozen=True, slots=True)
class Committed:
    """What one commit stored: how many rows of each batch, and the rows in the order of their versions."""

    counts: Ints
    rows: ReadingBatch
    version: int
