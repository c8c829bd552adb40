"""Bench `gap_ledger`: meters a second whose missing slots of a day become rows of the ledger.

Limits: a bare numpy diff over the same sorted slots, which finds the holes and keeps nothing; and the plain way, a set
of one object a slot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from headend.domain.gap_changes import Seen, reconciled
from headend.domain.gap_ledger import LedgerChange, no_runs
from headend.domain.readings import Ints
from headend.domain.slot_runs import STRIDE, Runs, difference, runs_present
from tests.benches.measured import OURS, Line, Size, in_turn, lines

METERS, SLOTS, FIRST = 100_000, 96, 1_990_000
MISSING = 0.01
NOBODY = np.zeros(0, np.int64)


def gap_ledger(size: Size) -> Sequence[Line]:
    """One line for each limit."""
    present = present_slots(size.of(METERS), size.seed)
    due = due_runs(len(present))
    contenders = {
        OURS: partial(_meters, ledger_of, present, due),
        "bare numpy diff": partial(_meters, holes, present, due),
        "a set of slots a meter": partial(_meters, one_object_a_slot, present, due),
    }
    return lines("gap_ledger", "meters/s", size.seed, in_turn(size, contenders))


def present_slots(meters: int, seed: int) -> Mapping[int, Ints]:
    """As a reading store tells it: each meter's day but one slot in a hundred, and some meters' last hours."""
    chance = np.random.default_rng(seed)
    there = chance.random((meters, SLOTS)) >= MISSING
    there[:: meters // 50 + 1, 70:] = False
    return {meter + 1: np.flatnonzero(row) for meter, row in enumerate(there)}


def due_runs(meters: int) -> Runs:
    """Everybody owes the whole day."""
    base = np.arange(1, meters + 1, dtype=np.int64) * STRIDE + FIRST
    return Runs(base, base + SLOTS)


def ledger_of(present: Mapping[int, Ints], due: Runs) -> LedgerChange:
    """The shipped way, from what the store tells to the rows that are kept."""
    missing = difference(due, runs_present(present, FIRST))
    seen = Seen(1, FIRST, FIRST + SLOTS, due, missing, 1, NOBODY, NOBODY)
    return reconciled(no_runs(), seen)


def holes(present: Mapping[int, Ints], due: Runs) -> Ints:
    """Where a slot does not follow the one before; no reasons, no ends of days, no rows."""
    lengths = np.fromiter(map(len, present.values()), np.int64, len(present))
    base = np.repeat(np.fromiter(present, np.int64, len(present)) * STRIDE, lengths)
    return np.flatnonzero(np.diff(base + np.concatenate(list(present.values()))) > 1)


def one_object_a_slot(present: Mapping[int, Ints], due: Runs) -> int:
    """Missing slots counted one by one."""
    return sum(len(set(range(SLOTS)).difference(slots.tolist())) for slots in present.values())


def _meters(work: object, present: Mapping[int, Ints], due: Runs) -> int:
    assert callable(work)
    work(present, due)
    return len(present)
