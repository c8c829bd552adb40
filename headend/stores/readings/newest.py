"""What the store knows of each (installation, type) without a query: oldest, newest, newest billable.

Columns sorted by key, changed only by `apply` with the rows of one commit in the order of their versions.
Keeps no history: where a correction took the newest billable reading away it says so and the caller asks SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from headend.domain.quality import FAILED_MASK
from headend.domain.readings import Ints, ReadingBatch

TYPE_BITS = 20
NEVER = -1
Flags = NDArray[np.bool_]


def key_of(installation: Ints, reading_type: Ints) -> Ints:
    """One sortable integer for installation and type."""
    return np.left_shift(installation, TYPE_BITS) | reading_type


@dataclass(slots=True)
class NewestColumns:
    """One row a key. `billable_known` is False where the newest billable reading was withdrawn."""

    version: int
    key: Ints
    oldest_at: Ints
    newest_at: Ints
    received_at: Ints
    billable_at: Ints
    billable_value: Ints
    billable_known: Flags

    @classmethod
    def empty(cls) -> NewestColumns:
        """No key at all."""
        none = np.empty(0, dtype=np.int64)
        return cls(0, none, none, none, none, none, none, none.astype(np.bool_))

    @classmethod
    def of_newest_times(cls, installation: Ints, reading_type: Ints, newest_at: Ints) -> NewestColumns:
        """Columns that know no more than the newest time of each key; for the rest they send to the store."""
        key = key_of(installation, reading_type)
        order = np.argsort(key)
        key, newest_at = key[order], newest_at[order]
        oldest_at, unheard = np.full(len(key), np.iinfo(np.int64).min), np.full(len(key), NEVER)
        # No older row than the newest one may pass for the newest billable one, so that one's time is the bound.
        return cls(0, key, oldest_at, newest_at, unheard, newest_at.copy(), unheard * 0, np.zeros(len(key), np.bool_))

    def newest_of(self, key: Ints) -> Ints:
        """The time of the newest reading of each key, NEVER where there is none."""
        if not len(self.key):
            return np.full(len(key), NEVER)
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[at] == key, self.newest_at[at], NEVER)

    def apply(self, rows: ReadingBatch, version: int) -> None:
        """Take in rows that were stored, in the order of their versions, the last of which is `version`."""
        self.version = max(self.version, version)
        if not len(rows):
            return
        key = key_of(rows.installation, rows.reading_type)
        self._grow(np.unique(key))
        at = np.searchsorted(self.key, key)
        np.minimum.at(self.oldest_at, at, rows.measured_at)
        np.maximum.at(self.newest_at, at, rows.measured_at)
        np.maximum.at(self.received_at, at, rows.received_at)
        last = _last_of_each(at, rows.measured_at)
        self._apply_billable(at[last], rows.measured_at[last], rows.value[last], rows.quality[last])

    def previous(self, rows: ReadingBatch) -> tuple[Ints, Ints, Flags]:
        """For each row the time and value of the newest billable reading before it, and where to ask SQL."""
        if not len(self.key):
            return np.full(len(rows), NEVER), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        key = key_of(rows.installation, rows.reading_type)
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        found = self.key[at] == key
        known = found & self.billable_known[at]
        is_after = rows.measured_at > self.billable_at[at]
        is_first = found & (rows.measured_at <= self.oldest_at[at])
        answered = known & is_after & ~is_first
        measured_at = np.where(answered, self.billable_at[at], NEVER)
        value = np.where(answered & (measured_at != NEVER), self.billable_value[at], 0)
        return measured_at, value, found & ~is_first & ~answered

    def of_installation(self, installation: int) -> tuple[Ints, Ints]:
        """The types of an installation, ascending, and the time of the newest reading of each."""
        low, high = np.searchsorted(self.key, [installation << TYPE_BITS, (installation + 1) << TYPE_BITS])
        return self.key[low:high] & ((1 << TYPE_BITS) - 1), self.newest_at[low:high]

    def last_received(self, since: int) -> tuple[Ints, Ints]:
        """The installations that were heard at `since` or later, and when each was last heard."""
        if not len(self.key):
            return self.key, self.received_at
        installation = np.right_shift(self.key, TYPE_BITS)
        first = np.flatnonzero(np.diff(installation, prepend=NEVER - 1))
        heard = np.maximum.reduceat(self.received_at, first)
        recent = heard >= since
        return installation[first][recent], heard[recent]

    def copy(self) -> NewestColumns:
        """The same content in columns of its own."""
        columns = [getattr(self, f.name).copy() for f in fields(self) if f.name != "version"]
        return NewestColumns(self.version, *columns)

    def _grow(self, keys: Ints) -> None:
        new = np.setdiff1d(keys, self.key, assume_unique=True)
        if not len(new):
            return
        at = np.searchsorted(self.key, new)
        highest = np.iinfo(np.int64).max
        self.key = np.insert(self.key, at, new)
        self.oldest_at = np.insert(self.oldest_at, at, highest)
        self.newest_at = np.insert(self.newest_at, at, NEVER)
        self.received_at = np.insert(self.received_at, at, NEVER)
        self.billable_at = np.insert(self.billable_at, at, NEVER)
        self.billable_value = np.insert(self.billable_value, at, 0)
        self.billable_known = np.insert(self.billable_known, at, True)

    def _apply_billable(self, at: Ints, measured_at: Ints, value: Ints, quality: Ints) -> None:
        is_billable = (quality & FAILED_MASK) == 0
        withdrawn = ~is_billable & (measured_at == self.billable_at[at])
        self.billable_known[at[withdrawn]] = False
        # Sorted by key and time, so that the newest of each key is written last and stays.
        at, measured_at, value = at[is_billable], measured_at[is_billable], value[is_billable]
        last = _last_of_each(at)
        at, measured_at, value = at[last], measured_at[last], value[last]
        newer = measured_at >= self.billable_at[at]
        self.billable_at[at[newer]] = measured_at[newer]
        self.billable_value[at[newer]] = value[newer]
        self.billable_known[at[newer]] = True


def _last_of_each(*keys: Ints) -> Ints:
    """Indices that sort rows by the keys and keep, of rows with equal keys, the one that came last."""
    length = len(keys[0])
    order = np.lexsort((np.arange(length), *reversed(keys)))
    is_last = np.ones(length, dtype=np.bool_)
    if length > 1:
        same = [key[order][1:] == key[order][:-1] for key in keys]
        is_last[:-1] = ~np.logical_and.reduce(same)
    return order[is_last]
