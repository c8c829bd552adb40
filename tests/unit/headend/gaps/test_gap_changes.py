"""The ledger against a dictionary of single slots: after anything that happens, both tell the same of every slot."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.domain.gap_changes import Seen, asked_again, reconciled, settled
from headend.domain.gap_ledger import (
    AT_ONCE,
    BY_ANOTHER_WAY,
    MOST_TRIES,
    NEVER,
    NOT_DUE,
    NOT_TRIED,
    REASON_CODE,
    REASONS,
    Attempt,
    GapReason,
    GapRuns,
    LedgerChange,
    in_order,
    no_runs,
    pause_after,
)
from headend.domain.slot_runs import STRIDE, Runs, difference, runs_of

TYPE, BASE, METERS, SLOTS = 1, 1_900_000, (3, 4, 9), 24
State = tuple[int, int, int, int]  # reason, tries, last try, next try
Slots = set[tuple[int, int]]


def columns(rows: list[tuple[int, ...]]) -> GapRuns:
    return in_order(GapRuns(*np.array(rows, np.int64).reshape(-1, 10).T))


def positions(slots: Slots) -> Runs:
    return runs_of(np.array(sorted(meter * STRIDE + BASE + slot for meter, slot in slots), np.int64))


@dataclass
class Ledger:
    """The rows as a store keeps them, and beside it one entry a slot."""

    runs: GapRuns = field(default_factory=no_runs)
    slots: dict[tuple[int, int], State] = field(default_factory=dict)
    closed: list[tuple[int, int, int]] = field(default_factory=list)
    number: int = 0

    def apply(self, change: LedgerChange) -> None:
        kept = self.runs.take(np.flatnonzero(~np.isin(self.runs.id, change.gone)))
        rows = [tuple(row) for row in zip(*(c.tolist() for c in kept.columns()), strict=True)]
        for row in zip(*(c.tolist() for c in change.opened.columns()), strict=True):
            self.number += 1
            rows.append((*row[:-1], self.number))
        self.runs = columns(rows)
        for meter, _, first, last, *_, source in zip(*(c.tolist() for c in change.closed.columns()), strict=True):
            self.closed += [(meter, slot - BASE, source) for slot in range(first, last + 1)]

    def told(self) -> dict[tuple[int, int], State]:
        found: dict[tuple[int, int], State] = {}
        for meter, _, first, last, reason, tries, _, last_try, next_try, _ in zip(
            *(c.tolist() for c in self.runs.columns()), strict=True
        ):
            for slot in range(first, last + 1):
                assert (meter, slot - BASE) not in found, "two rows of one slot"
                found[meter, slot - BASE] = (reason, tries, last_try, next_try)
        return found

    def see(self, due: Slots, present: Slots, window: tuple[int, int], now: int, absent: dict[int, GapReason]) -> None:
        inside = {(m, s) for m, s in due if window[0] <= s < window[1]}
        missing = difference(positions(inside), positions(present))
        touching = (self.runs.last >= BASE + window[0] - 1) & (self.runs.first < BASE + window[1] + 1)
        meters = np.array(sorted(absent), np.int64)
        codes = np.array([REASON_CODE[absent[m]] for m in sorted(absent)], np.int64)
        first, end = BASE + window[0], BASE + window[1]
        seen = Seen(TYPE, first, end, positions(inside), missing, now, meters, codes)
        self.apply(reconciled(self.runs.take(np.flatnonzero(touching)), seen))
        expected = []
        for key in [key for key in self.slots if window[0] <= key[1] < window[1]]:
            if key not in inside or key in present:
                expected.append((*key, BY_ANOTHER_WAY if key in inside else NOT_DUE))
                del self.slots[key]
        assert sorted(self.closed[len(self.closed) - len(expected) :]) == sorted(expected)
        for key in inside - present:
            self.slots.setdefault(key, (REASON_CODE[GapReason.NEVER_ASKED], 0, NOT_TRIED, AT_ONCE))
        touched = {key for key in self.slots if window[0] - 1 <= key[1] < window[1] + 1}
        for key in touched:
            if self.slots[key][0] == REASON_CODE[GapReason.NEVER_ASKED] and key[0] in absent:
                self.slots[key] = (REASON_CODE[absent[key[0]]], *self.slots[key][1:])

    def ask(self, attempts: list[Attempt], now: int) -> None:
        asked = np.isin(self.runs.installation, [one.installation for one in attempts])
        self.apply(settled(self.runs.take(np.flatnonzero(asked)), TYPE, [replace(one, at=now) for one in attempts]))
        for one in attempts:
            told = {slot - BASE: code for kind, slot, code in one.told if kind == TYPE}
            for meter, slot in [key for key in self.slots if key[0] == one.installation]:
                if slot in told:
                    assert (meter, slot, told[slot]) in self.closed
                    del self.slots[meter, slot]
                elif one.first <= BASE + slot < one.end:
                    tries = self.slots[meter, slot][1] + 1
                    self.slots[meter, slot] = after(one, BASE + slot, tries, now)


def after(one: Attempt, slot: int, tries: int, now: int) -> State:
    """The rule in plain Python."""
    passing = one.reason in (
        GapReason.NEVER_ASKED,
        GapReason.LINE_DOWN,
        GapReason.METER_SILENT,
        GapReason.STORE_DOWN,
    )
    reason = GapReason.OLDER_THAN_MEMORY if slot < one.oldest and not passing else one.reason
    is_final = reason in (GapReason.NOT_SUPPORTED, GapReason.OLDER_THAN_MEMORY) or (not passing and tries >= MOST_TRIES)
    pause = min(300_000_000 * 2 ** (tries - 1), 43_200_000_000)
    if reason is GapReason.LINE_DOWN:
        return REASON_CODE[reason], tries, now, AT_ONCE
    return REASON_CODE[reason], tries, now, NEVER if is_final else now + pause


SLOT_SETS = st.sets(st.tuples(st.sampled_from(METERS), st.integers(0, SLOTS - 1)))
WINDOWS = st.tuples(st.integers(0, SLOTS - 1), st.integers(1, SLOTS)).filter(lambda w: w[0] < w[1])
ABSENT = st.dictionaries(st.sampled_from(METERS), st.sampled_from([GapReason.METER_SILENT, GapReason.LINE_DOWN]))


@st.composite
def attempts(draw: st.DrawFn) -> list[Attempt]:
    made = []
    for meter in draw(st.sets(st.sampled_from(METERS), min_size=1)):
        cuts = sorted(draw(st.sets(st.integers(0, SLOTS), min_size=2, max_size=4)))
        for first, end in itertools.pairwise(cuts):
            told = draw(st.sets(st.integers(first, end - 1)))
            reason = draw(st.sampled_from([one for one in REASONS if one is not GapReason.PARKED]))
            made.append(
                Attempt(
                    meter,
                    BASE + first,
                    BASE + end,
                    reason,
                    0,
                    [(TYPE, BASE + s, 3) for s in told],
                    draw(st.sampled_from([0, BASE + 9])),
                )
            )
    return made


STEPS = st.lists(
    st.one_of(st.tuples(st.just("see"), SLOT_SETS, SLOT_SETS, ABSENT), st.tuples(st.just("ask"), attempts())),
    min_size=1,
    max_size=6,
)


@given(STEPS)
@settings(max_examples=250, deadline=None)
def test_the_ledger_tells_of_every_slot_what_a_dictionary_of_slots_tells(steps: list[tuple[object, ...]]) -> None:
    ledger = Ledger()
    for number, (kind, *given_) in enumerate(steps, start=1):
        if kind == "see":
            due, present, absent = given_
            ledger.see(due, present, (0, SLOTS), number * 1000, absent)  # type: ignore[arg-type]  # drawn above
        else:
            ledger.ask(given_[0], number * 1000)  # type: ignore[arg-type]  # drawn above
        assert ledger.told() == ledger.slots


@given(SLOT_SETS, SLOT_SETS, WINDOWS)
@settings(max_examples=250, deadline=None)
def test_what_lies_outside_the_window_stays_as_it_was(due: Slots, present: Slots, window: tuple[int, int]) -> None:
    ledger = Ledger()
    ledger.see(due, set(), (0, SLOTS), 1000, {})
    ledger.see(due, present, window, 2000, {})
    assert ledger.told() == ledger.slots


def missing(ledger: Ledger, slots: range, present: Slots | None = None, now: int = 1000) -> None:
    ledger.see({(3, slot) for slot in slots}, present or set(), (0, SLOTS), now, {})


def test_a_run_that_grows_stays_one_row_and_keeps_its_age() -> None:
    ledger = Ledger()
    missing(ledger, range(4, 6))
    missing(ledger, range(4, 7), now=2000)
    assert (ledger.runs.first.tolist(), ledger.runs.last.tolist()) == ([BASE + 4], [BASE + 6])
    assert ledger.runs.opened_at.tolist() == [1000]


def test_a_fill_in_the_middle_splits_a_run_and_the_parts_keep_their_state() -> None:
    ledger = Ledger()
    missing(ledger, range(9))
    ledger.ask([Attempt(3, BASE, BASE + 9, GapReason.REFUSED, 0, [(TYPE, BASE + 4, 3)])], 5000)
    assert list(zip(ledger.runs.first - BASE, ledger.runs.last - BASE, strict=True)) == [(0, 3), (5, 8)]
    assert ledger.runs.tries.tolist() == [1, 1] and ledger.closed == [(3, 4, 3)]


def test_runs_of_equal_state_that_touch_are_joined_again() -> None:
    ledger = Ledger()
    missing(ledger, range(9))
    ledger.ask(
        [Attempt(3, BASE, BASE + 4, GapReason.REFUSED, 0), Attempt(3, BASE + 4, BASE + 9, GapReason.REFUSED, 0)], 5000
    )
    assert len(ledger.runs) == 1 and ledger.runs.tries.tolist() == [1]


def test_nothing_new_is_no_change_at_all() -> None:
    ledger = Ledger()
    missing(ledger, range(2, 9))
    before = ledger.number
    missing(ledger, range(2, 9), now=9000)
    assert ledger.number == before


def test_pauses_double_up_to_half_a_day() -> None:
    minutes = (pause_after(np.arange(1, 12)) // 60_000_000).tolist()
    assert minutes == [5, 10, 20, 40, 80, 160, 320, 640, 720, 720, 720]


def test_asked_again_makes_a_final_run_due_at_once_and_keeps_why() -> None:
    ledger = Ledger()
    missing(ledger, range(3))
    ledger.ask([Attempt(3, BASE, BASE + 3, GapReason.NOT_SUPPORTED, 0)], 5000)
    assert ledger.runs.next_try.tolist() == [NEVER]
    ledger.apply(asked_again(ledger.runs))
    assert (ledger.runs.next_try.tolist(), ledger.runs.tries.tolist()) == ([AT_ONCE], [0])
    assert ledger.runs.reason.tolist() == [REASON_CODE[GapReason.NOT_SUPPORTED]]
