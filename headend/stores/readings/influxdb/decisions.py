"""Which rows are new, as which revision, and which contradict what is stored: the rules of the DuckDB writer. Pure.

A row is dropped when the newest revision says the same, or when any revision is the very same delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from headend.domain.quality import ReadingQuality, mask
from headend.domain.readings import Ints, ReadingBatch
from headend.stores.readings.influxdb.answers import Versions
from headend.stores.readings.newest import Flags

CONFLICTING = mask([ReadingQuality.CONFLICTING])
Key = tuple[int, int, int]
Said = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """Positions of the new rows, ascending, with their marks and revisions."""

    positions: Ints
    quality: Ints
    revision: Ints


@dataclass(slots=True)
class _Stored:
    """What is known of one key: the newest word, every delivery, the next revision."""

    newest: Said | None = None
    deliveries: set[tuple[int, int, int]] = field(default_factory=set)
    revision: int = 0

    def add(self, received_at: int, value: int, quality: int) -> None:
        self.newest = (value, quality | CONFLICTING)
        self.deliveries.add((received_at, *self.newest))
        self.revision += 1

    def holds(self, received_at: int, value: int, quality: int) -> bool:
        said = (value, quality | CONFLICTING)
        return said == self.newest or (received_at, *said) in self.deliveries


def decide(rows: ReadingBatch, is_first: Flags, known: Versions) -> Decision:
    """`is_first` marks rows that nothing can be compared with: nothing stored, nothing like them in the batch."""
    quality, revision, is_new = rows.quality.copy(), np.zeros(len(rows), dtype=np.int64), is_first.copy()
    stored = _by_key(known)
    compared = np.flatnonzero(~is_first)
    keys = zip(*(_listed(c, compared) for c in (rows.installation, rows.reading_type, rows.measured_at)), strict=True)
    words = zip(*(_listed(c, compared) for c in (rows.received_at, rows.value, rows.quality)), strict=True)
    for position, key, (received_at, value, marks) in zip(compared.tolist(), keys, words, strict=True):
        found = stored.setdefault(key, _Stored())
        if found.holds(received_at, value, marks):
            continue
        if found.newest is not None and found.newest[0] != value:
            quality[position] |= CONFLICTING
        is_new[position], revision[position] = True, found.revision
        found.add(received_at, value, marks)
    positions = np.flatnonzero(is_new)
    return Decision(positions, quality[positions], revision[positions])


def _by_key(known: Versions) -> dict[Key, _Stored]:
    stored: dict[Key, _Stored] = {}
    installation, reading_type, measured_at, received_at, value, quality, _, version, _ = known.listed()
    for row, key in enumerate(zip(installation, reading_type, measured_at, strict=True)):
        found = stored.setdefault(key, _Stored())
        found.add(received_at[row], value[row], quality[row])
        found.revision = version[row]
    return stored


def _listed(column: Ints, rows: Ints) -> Sequence[int]:
    listed: list[int] = column[rows].tolist()
    return listed
