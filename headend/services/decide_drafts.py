"""Decide drafts: a person accepts or dismisses what a state suggests. Makes no work order yet and asks no meter."""

from __future__ import annotations

from collections.abc import Sequence

from headend.domain.meter_states import DraftStanding, MeterState, WorkOrderDraft
from headend.ports import Clock, StateBook

MOST = 1000


class DecideDrafts:
    """What people see and do; each draft is decided once, by name."""

    def __init__(self, book: StateBook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    async def standing(self) -> Sequence[MeterState]:
        """What is wrong now, newest first."""
        return await self._book.standing()

    async def history(self, installation_id: int | None = None) -> Sequence[MeterState]:
        """What is and was wrong, newest first."""
        return await self._book.history(MOST, installation_id)

    async def drafts(self) -> Sequence[WorkOrderDraft]:
        """The open ones first."""
        return await self._book.drafts(MOST)

    async def accept(self, draft_id: int, by: str, note: str = "") -> WorkOrderDraft:
        """Somebody will go there; UnknownDraft, Conflict when it is decided already."""
        return await self._decide(draft_id, DraftStanding.ACCEPTED, by, note)

    async def dismiss(self, draft_id: int, by: str, note: str) -> WorkOrderDraft:
        """Nobody needs to go there, and why; UnknownDraft, Conflict without a note or when it is decided already."""
        return await self._decide(draft_id, DraftStanding.DISMISSED, by, note)

    async def _decide(self, draft_id: int, standing: DraftStanding, by: str, note: str) -> WorkOrderDraft:
        draft = await self._book.draft(draft_id)
        decided = draft.decided(standing, by=by, at=self._clock.now(), note=note.strip())
        await self._book.decide(decided)
        return decided
