"""What a gap ledger promises, over the memory twin, SQLite and PostgreSQL; and that it is known after a restart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import pytest_asyncio

from headend.domain.errors import Conflict, StoreUnavailable
from headend.domain.gap_ledger import BY_ANOTHER_WAY, NEVER, NOT_DUE, ClosedRuns, GapRuns, LedgerChange, no_runs
from headend.ports import GapLedger, LedgerQuestion, MeterRegistry
from headend.stores.state import SqlGapLedger, SqlMeterRegistry, StateDatabase
from tests.fakes.memory_gaps import MemoryGapLedger
from tests.fakes.meters import registration

pytestmark = pytest.mark.asyncio
NOTHING = np.zeros(0, np.int64)


@pytest_asyncio.fixture
async def ledger(state_database: StateDatabase | None) -> GapLedger:
    if state_database is None:
        return MemoryGapLedger()
    await _three_meters(SqlMeterRegistry(state_database))
    return SqlGapLedger(state_database)


async def _three_meters(registry: MeterRegistry) -> None:
    await registry.register([registration(number) for number in (1, 2, 3)])


def runs(*rows: tuple[int, int, int, int, int]) -> GapRuns:
    """Installation, type, first, last, next try; the rest is the same for all."""
    return GapRuns(*np.array([(m, t, f, l, 2, 1, 5, 6, n, 0) for m, t, f, l, n in rows], np.int64).T)  # noqa: E741


def closed(*rows: tuple[int, int, int]) -> ClosedRuns:
    """Installation, instant of closing, source."""
    return ClosedRuns(*np.array([(m, 1, 10, 12, 2, 1, 5, at, s) for m, at, s in rows], np.int64).reshape(-1, 9).T)


def opening(opened: GapRuns) -> LedgerChange:
    return LedgerChange(NOTHING, opened, closed())


async def test_what_was_kept_comes_back_by_type_meter_and_slot(ledger: GapLedger) -> None:
    await ledger.change(opening(runs((2, 1, 30, 40, 7), (1, 2, 8, 9, 7), (1, 1, 50, 60, NEVER), (1, 1, 10, 20, 0))))
    found = await ledger.open_runs(LedgerQuestion())
    assert [column.tolist() for column in found.columns()[:4]] == [
        [1, 1, 2, 1],
        [1, 1, 1, 2],
        [10, 50, 30, 8],
        [20, 60, 40, 9],
    ]
    assert found.next_try.tolist() == [0, NEVER, 7, 7] and len(set(found.id.tolist())) == 4


@pytest.mark.parametrize(
    ("asked", "firsts"),
    [
        (LedgerQuestion(20, 30), [10]),
        (LedgerQuestion(21, 31), [30]),
        (LedgerQuestion(installations=[1]), [10, 50]),
        (LedgerQuestion(installations=[]), []),
        (LedgerQuestion(reading_type=9), []),
        (LedgerQuestion(due_by=7), [10, 30]),
    ],
)
async def test_only_what_is_asked_for(ledger: GapLedger, asked: LedgerQuestion, firsts: list[int]) -> None:
    await ledger.change(opening(runs((1, 1, 10, 20, 0), (1, 1, 50, 60, NEVER), (2, 1, 30, 40, 7))))
    assert (await ledger.open_runs(asked)).first.tolist() == firsts


async def test_rows_go_and_others_come_in_their_place(ledger: GapLedger) -> None:
    await ledger.change(opening(runs((1, 1, 10, 20, 0), (2, 1, 30, 40, 7))))
    known = await ledger.open_runs(LedgerQuestion())
    await ledger.change(LedgerChange(known.id[:1], runs((1, 1, 13, 20, 0)), closed((1, 99, 3))))
    assert (await ledger.open_runs(LedgerQuestion())).first.tolist() == [13, 30]
    assert (await ledger.closed_runs(LedgerQuestion(), 9)).closed_at.tolist() == [99]


async def test_a_row_goes_once_and_nothing_comes_in_the_place_of_one_that_is_gone(ledger: GapLedger) -> None:
    await ledger.change(opening(runs((1, 1, 10, 20, 0), (2, 1, 30, 40, 7))))
    known = await ledger.open_runs(LedgerQuestion())
    await ledger.change(LedgerChange(known.id[:1], runs((1, 1, 13, 20, 0)), closed()))
    with pytest.raises(Conflict, match="meanwhile"):
        await ledger.change(LedgerChange(known.id, runs((1, 1, 11, 20, 0)), closed((1, 99, 3))))
    assert (await ledger.open_runs(LedgerQuestion())).first.tolist() == [13, 30]
    assert len(await ledger.closed_runs(LedgerQuestion(), 9)) == 0


async def test_the_newest_closings_first_with_their_sources(ledger: GapLedger) -> None:
    await ledger.change(LedgerChange(NOTHING, no_runs(), closed((1, 7, 3), (2, 9, BY_ANOTHER_WAY), (1, 8, NOT_DUE))))
    found = await ledger.closed_runs(LedgerQuestion(), 2)
    assert (found.closed_at.tolist(), found.source.tolist()) == ([9, 8], [BY_ANOTHER_WAY, NOT_DUE])
    assert (await ledger.closed_runs(LedgerQuestion(installations=[1]), 9)).source.tolist() == [NOT_DUE, 3]


async def test_a_ledger_is_known_after_a_restart_and_refuses_while_it_is_closed(state_url: str) -> None:
    first, second = StateDatabase(state_url), StateDatabase(state_url)
    await first.open()
    await _three_meters(SqlMeterRegistry(first))
    await SqlGapLedger(first).change(opening(runs((1, 1, 10, 20, NEVER))))
    await first.close()
    with pytest.raises(StoreUnavailable):
        await SqlGapLedger(first).open_runs(LedgerQuestion())
    await second.open()
    assert (await SqlGapLedger(second).open_runs(LedgerQuestion())).next_try.tolist() == [NEVER]
    await second.close()


async def test_more_meters_than_one_statement_takes(ledger: GapLedger) -> None:
    await ledger.change(opening(runs((3, 1, 10, 20, 0), (1, 1, 10, 20, 0))))
    asked = LedgerQuestion(installations=[*range(1, 1300)], reading_type=1)
    assert (await ledger.open_runs(asked)).installation.tolist() == [1, 3]


async def test_so_many_meters_keep_the_order_and_the_limit(ledger: GapLedger) -> None:
    rows = runs((3, 1, 10, 20, 0), (1, 2, 10, 20, 0), (3, 2, 10, 20, 0), (1, 1, 10, 20, 0))
    await ledger.change(LedgerChange(NOTHING, rows, closed((1, 5, 3), (3, 9, 3), (1, 7, 3))))
    asked = LedgerQuestion(installations=[1, *range(10, 1300), 3])
    scattered = replace(asked, installations=[1, *range(-1300, -10), 3])
    for question in (asked, scattered):
        found = await ledger.open_runs(question)
        assert (found.reading_type.tolist(), found.installation.tolist()) == ([1, 1, 2, 2], [1, 3, 1, 3])
        assert (await ledger.closed_runs(question, 2)).closed_at.tolist() == [9, 7]
