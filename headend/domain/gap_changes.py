"""How the gap ledger changes: by what is missing now (`reconciled`), by what asking brought (`settled`). Pure columns.

Both lay the known runs over something else, give each piece its state, and join neighbours of equal state again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headend.domain.gap_ledger import (
    AT_ONCE,
    BY_ANOTHER_WAY,
    NOT_DUE,
    NOT_TRIED,
    REASON_CODE,
    Attempt,
    ClosedRuns,
    GapReason,
    GapRuns,
    LedgerChange,
    reason_and_next_try,
)
from headend.domain.meter_days import Rows
from headend.domain.readings import Ints
from headend.domain.slot_runs import NOWHERE, STRIDE, Runs, overlay, runs_of

NEVER_ASKED = REASON_CODE[GapReason.NEVER_ASKED]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reading store shows of a type in a window: due runs, those of them that are missing, and when.

    `absent` are the sorted installations that cannot be read now, with the code of the reason beside.
    """

    reading_type: int
    first: int
    end: int
    due: Runs
    missing: Runs
    now: int
    absent: Ints
    absent_reason: Ints


def reconciled(known: GapRuns, seen: Seen) -> LedgerChange:
    """The change that makes the ledger say what is missing in the window; outside of it nothing changes.

    `known` are the open runs of the type that touch the window, in order.
    """
    meters = np.unique(known.installation) * STRIDE
    laid = overlay(known.runs, seen.missing, Runs(meters + seen.first, meters + seen.end), seen.due)
    row, missing, window, due = laid.run
    is_known = row != NOWHERE
    stays = is_known & ((missing != NOWHERE) | (window == NOWHERE))
    opens = ~is_known & (missing != NOWHERE)
    goes = is_known & ~stays
    pieces = _pieces(known, row, laid.begin, laid.end, seen.reading_type)
    pieces = _explained(pieces, seen, opens)
    closed_at = np.full(int(goes.sum()), seen.now, np.int64)
    source = np.where(due[goes] != NOWHERE, BY_ANOTHER_WAY, NOT_DUE)
    return _change(known, pieces.take(np.flatnonzero(stays | opens)), _closed(pieces, goes, closed_at, source))


def settled(known: GapRuns, reading_type: int, attempts: Sequence[Attempt]) -> LedgerChange:
    """The change after asking: what was told is closed, the rest of what was asked for waits for its next try.

    `known` are the open runs of the type of all asked meters, in order; attempts do not overlap.
    """
    ordered = sorted(attempts, key=lambda one: (one.installation, one.first))
    base = np.array([one.installation * STRIDE for one in ordered], np.int64)
    begin, end = np.array([(one.first, one.end) for one in ordered], np.int64).reshape(-1, 2).T
    asked = Runs(base + begin, base + end)
    told = _told(ordered, reading_type)
    laid = overlay(known.runs, asked, runs_of(told[0]))
    row, attempt, is_told = laid.run
    pieces = _pieces(known, row, laid.begin, laid.end, reading_type)
    goes = (row != NOWHERE) & (is_told != NOWHERE)
    tried = (row != NOWHERE) & (attempt != NOWHERE) & ~goes
    closing = np.searchsorted(told[0], laid.begin[goes])
    pieces = _tried(pieces, tried, [ordered[n] for n in attempt[tried]])
    stays = (row != NOWHERE) & ~goes
    closed = _closed(pieces, goes, told[2][closing], told[1][closing])
    return _change(known, pieces.take(np.flatnonzero(stays)), closed)


def asked_again(known: GapRuns) -> LedgerChange:
    """The change by which all these runs are due at once, as if they had never been tried; their reasons stay."""
    fresh = replace(known, tries=np.zeros_like(known.tries), next_try=np.full_like(known.next_try, AT_ONCE))
    nothing = _closed(known, np.zeros(len(known), np.bool_), np.zeros(0, np.int64), np.zeros(0, np.int64))
    return _change(known, fresh, nothing)


def _told(attempts: Sequence[Attempt], reading_type: int) -> tuple[Ints, Ints, Ints]:
    """Sorted positions of the told slots of a type, the codes of their sources, and when they were told."""
    table = np.array(
        [
            (a.installation * STRIDE + slot, code, a.at)
            for a in attempts
            for kind, slot, code in a.told
            if kind == reading_type
        ],
        np.int64,
    ).reshape(-1, 3)
    positions, first = np.unique(table[:, 0], return_index=True)
    return positions, table[first, 1], table[first, 2]


def _pieces(known: GapRuns, row: Ints, begin: Ints, end: Ints, reading_type: int) -> GapRuns:
    """A row for each piece: the state of the known run it lies in, or that of a run nobody has asked for yet."""
    is_known = row != NOWHERE

    def of(column: Ints, otherwise: int) -> Ints:
        found = np.full(len(row), otherwise, np.int64)
        found[is_known] = column[row[is_known]]
        return found

    installation = begin // STRIDE
    return GapRuns(
        installation=installation,
        reading_type=np.full(len(row), reading_type, np.int64),
        first=begin - installation * STRIDE,
        last=end - 1 - installation * STRIDE,
        reason=of(known.reason, NEVER_ASKED),
        tries=of(known.tries, 0),
        opened_at=of(known.opened_at, 0),
        last_try=of(known.last_try, NOT_TRIED),
        next_try=of(known.next_try, AT_ONCE),
        id=of(known.id, 0),
    )


def _explained(pieces: GapRuns, seen: Seen, opens: Rows) -> GapRuns:
    """New runs open now; what nobody asked for has the reason why its meter cannot be read, where there is one."""
    opened_at = np.where(opens, seen.now, pieces.opened_at)
    if not len(seen.absent):
        return replace(pieces, opened_at=opened_at)
    at = np.clip(np.searchsorted(seen.absent, pieces.installation), 0, len(seen.absent) - 1)
    is_absent = (seen.absent[at] == pieces.installation) & (pieces.reason == NEVER_ASKED)
    reason = np.where(is_absent, seen.absent_reason[at], pieces.reason)
    return replace(pieces, opened_at=opened_at, reason=reason)


def _tried(pieces: GapRuns, tried: Rows, attempts: Sequence[Attempt]) -> GapRuns:
    tries, reason = pieces.tries.copy(), pieces.reason.copy()
    last_try, next_try = pieces.last_try.copy(), pieces.next_try.copy()
    tries[tried] += 1
    asked = np.array([REASON_CODE[one.reason] for one in attempts], np.int64)
    forgotten = pieces.last[tried] < np.array([one.oldest for one in attempts], np.int64)
    at = np.array([one.at for one in attempts], np.int64)
    reason[tried], next_try[tried] = reason_and_next_try(asked, tries[tried], forgotten, at)
    last_try[tried] = at
    return replace(pieces, tries=tries, reason=reason, last_try=last_try, next_try=next_try)


def _closed(pieces: GapRuns, goes: Rows, closed_at: Ints, source: Ints) -> ClosedRuns:
    """For the audit: neighbours that went the same way are one row."""
    gone = pieces.take(np.flatnonzero(goes))
    starts = _starts(gone, source)
    ends = np.concatenate((starts[1:], [len(gone)])) - 1 if len(gone) else starts
    head = gone.take(starts)
    return ClosedRuns(
        installation=head.installation,
        reading_type=head.reading_type,
        first=head.first,
        last=gone.last[ends],
        reason=head.reason,
        tries=head.tries,
        opened_at=head.opened_at,
        closed_at=closed_at[starts],
        source=source[starts],
    )


def _change(known: GapRuns, pieces: GapRuns, closed: ClosedRuns) -> LedgerChange:
    """Neighbours of equal state joined, the oldest opening kept; runs that stay as they were are no change."""
    starts = _starts(pieces, pieces.tries)
    if len(pieces):
        ends = np.concatenate((starts[1:], [len(pieces)])) - 1
        opened_at = np.minimum.reduceat(pieces.opened_at, starts)
        joined = replace(pieces.take(starts), last=pieces.last[ends], opened_at=opened_at)
    else:
        joined = pieces
    at = np.clip(np.searchsorted(known.runs.begin, joined.runs.begin), 0, max(0, len(known) - 1))
    same = np.zeros(len(joined), np.bool_)
    if len(known):
        same = np.all([a == b[at] for a, b in zip(joined.columns(), known.columns(), strict=True)], axis=0)
    gone = np.setdiff1d(known.id, joined.id[same])
    return LedgerChange(gone, joined.take(np.flatnonzero(~same)), closed)


def _starts(pieces: GapRuns, way: Ints) -> Ints:
    """The rows that do not carry on the row before."""
    if not len(pieces):
        return np.zeros(0, np.int64)
    differs = pieces.installation[1:] != pieces.installation[:-1]
    differs |= pieces.first[1:] != pieces.last[:-1] + 1
    for column in (pieces.reason, pieces.tries, pieces.last_try, pieces.next_try, way):
        differs |= column[1:] != column[:-1]
    return np.concatenate(([0], np.flatnonzero(differs) + 1))
