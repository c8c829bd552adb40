"""What StateBook promises, over the memory twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from headend.domain.errors import Conflict, UnknownDraft
from headend.domain.meter_states import DraftStanding, MeterState, StateKind, SuggestedAction
from headend.ports import StateBook
from headend.stores.state import SqlMeterRegistry, SqlStateBook, StateDatabase
from tests.fakes.memory_states import MemoryStateBook
from tests.fakes.meters import registration

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 24, 12, 0, 0, 7, tzinfo=UTC)
STATE = MeterState(1, StateKind.STOPPED, NOON - timedelta(hours=6), "no step", 1, NOON)
ACTION = SuggestedAction("go there", "去现场")


@pytest_asyncio.fixture
async def book(state_database: StateDatabase | None) -> StateBook:
    if state_database is None:
        return MemoryStateBook()
    await SqlMeterRegistry(state_database).register([registration(1), registration(2)])
    return SqlStateBook(state_database)


async def test_a_new_state_makes_a_draft_with_what_it_stands_on(book: StateBook) -> None:
    kept = await book.open(STATE, ACTION)
    assert await book.standing() == [kept] == [replace(STATE, id=kept.id, draft_id=kept.draft_id)]
    [draft] = await book.drafts(9)
    assert (draft.id, draft.standing, draft.action) == (kept.draft_id, DraftStanding.OPEN, ACTION)
    assert (draft.since, draft.evidence, draft.made_at) == (STATE.since, "no step", NOON)


async def test_of_one_kind_a_meter_has_one(book: StateBook) -> None:
    kept = await book.open(STATE, ACTION)
    assert await book.open(replace(STATE, evidence="again"), ACTION) == kept
    await book.open(replace(STATE, kind=StateKind.REVERSED), ACTION)
    await book.open(replace(STATE, installation_id=2), ACTION)
    assert len(await book.standing()) == 3 and len(await book.drafts(9)) == 3


async def test_it_ends_once_and_its_draft_stays(book: StateBook) -> None:
    kept = await book.open(STATE, ACTION)
    await book.close(kept.id, NOON + timedelta(hours=1), "moves")
    await book.close(kept.id, NOON + timedelta(hours=2), "moves still")
    closed = replace(kept, closed_at=NOON + timedelta(hours=1), closing_evidence="moves")
    assert (await book.standing(), await book.history(9), await book.history(9, 2)) == ([], [closed], [])
    again = await book.open(replace(STATE, opened_at=NOON + timedelta(hours=3)), ACTION)
    assert again.id != kept.id and again.draft_id == kept.draft_id
    assert len(await book.drafts(9)) == 1


async def test_a_draft_is_decided_once(book: StateBook) -> None:
    kept = await book.open(STATE, ACTION)
    draft = await book.draft(kept.draft_id)
    decided = draft.decided(DraftStanding.DISMISSED, by="ada", at=NOON, note="known")
    await book.decide(decided)
    with pytest.raises(Conflict):
        await book.decide(draft.decided(DraftStanding.ACCEPTED, by="bob", at=NOON))
    assert await book.draft(draft.id) == decided
    await book.close(kept.id, NOON, "moves")
    newer = await book.open(STATE, ACTION)
    assert [one.id for one in await book.drafts(9)] == [newer.draft_id, draft.id]


async def test_a_draft_that_is_not_there(book: StateBook) -> None:
    with pytest.raises(UnknownDraft):
        await book.draft(7)
