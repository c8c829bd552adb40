"""What ClockBook promises, over the memory twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from headend.domain.clock_correction import ClockOrder, Outcome, Remedy
from headend.domain.clocks import ClockJump, ClockState, JumpCause
from headend.domain.errors import Conflict
from headend.ports import ClockBook
from headend.stores.state import SqlClockBook, SqlMeterRegistry, StateDatabase
from tests.fakes.memory_clocks import MemoryClockBook
from tests.fakes.meters import registration

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 24, 12, 0, 0, 7, tzinfo=UTC)
STATE = ClockState(1, NOON, -5, NOON - timedelta(days=9), 2)
JUMP = ClockJump(1, NOON, NOON + timedelta(minutes=15), -5, 900)
ORDER = ClockOrder(1, 1, Remedy.BROADCAST, "ada", NOON, "2026-11-24", 120)


@pytest_asyncio.fixture
async def book(state_database: StateDatabase | None) -> ClockBook:
    if state_database is None:
        return MemoryClockBook()
    await SqlMeterRegistry(state_database).register([registration(1), registration(2)])
    return SqlClockBook(state_database)


async def test_the_newest_state_takes_the_place_of_the_one_before(book: ClockBook) -> None:
    await book.keep([])
    await book.keep([replace(STATE, installation_id=2), STATE])
    await book.keep([replace(STATE, offset_s=4)])
    assert await book.states() == [replace(STATE, offset_s=4), replace(STATE, installation_id=2)]


async def test_jumps_are_kept_in_order(book: ClockBook) -> None:
    back = replace(JUMP, before_s=900, after_s=0, cause=JumpCause.ORDERED)
    await book.add_jumps([JUMP, replace(JUMP, installation_id=2), back])
    assert await book.jumps(1) == [JUMP, back]
    assert len(await book.jumps()) == 3


async def test_a_line_has_one_broadcast_a_day(book: ClockBook) -> None:
    assert not await book.has_broadcast(1, ORDER.day)
    await book.open_order(ORDER)
    assert await book.has_broadcast(1, ORDER.day)
    with pytest.raises(Conflict):
        await book.open_order(replace(ORDER, installation_id=2))
    await book.open_order(replace(ORDER, day="2026-11-25"))
    await book.open_order(replace(ORDER, remedy=Remedy.WRITE_TIME))
    await book.open_order(replace(ORDER, remedy=Remedy.WRITE_TIME))
    assert len(await book.orders(1)) == 4


async def test_an_order_is_closed_with_what_came_of_it(book: ClockBook) -> None:
    opened = await book.open_order(ORDER)
    assert [one.outcome for one in await book.orders(1)] == [Outcome.SENT]
    closed = replace(opened, outcome=Outcome.UNKNOWN, reason="no answer", closed_at=NOON + timedelta(seconds=9))
    await book.close_order(closed)
    assert await book.orders(1) == [closed]
    assert await book.orders(2) == []
