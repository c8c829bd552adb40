"""The bench measures the same thing as its limits: every contender finds as many missing slots."""

from __future__ import annotations

from tests.benches.gap_ledger import due_runs, ledger_of, one_object_a_slot, present_slots


def test_the_ledger_of_the_bench_misses_what_the_plain_way_misses() -> None:
    present, due = present_slots(200, 7), due_runs(200)
    assert ledger_of(present, due).opened.runs.slots == one_object_a_slot(present, due) > 200
