"""Rows of a batch in turns, so that a later row of the same key can be compared with an earlier one. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from headend.domain.readings import Ints, ReadingBatch
from headend.stores.readings.newest import key_of


def turns(rows: ReadingBatch) -> Iterator[Ints]:
    """Rows in turns: the n-th row of every key is in the n-th turn, so each turn sees what came before it."""
    key = key_of(rows.installation, rows.reading_type)
    order = np.lexsort((np.arange(len(rows)), rows.measured_at, key))
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = (np.diff(key[order]) != 0) | (np.diff(rows.measured_at[order]) != 0)
    first = np.flatnonzero(is_first)
    occurrence = np.empty(len(rows), dtype=np.int64)
    occurrence[order] = np.arange(len(rows)) - np.repeat(first, np.diff(first, append=len(rows)))
    for turn in range(int(occurrence.max(initial=-1)) + 1):
        yield np.flatnonzero(occurrence == turn)
