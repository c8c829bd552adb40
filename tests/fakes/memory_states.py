"""In-memory twin of StateBook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from headend.domain.errors import Conflict, UnknownDraft
from headend.domain.meter_states import DraftStanding, MeterState, SuggestedAction, WorkOrderDraft, draft_of


class MemoryStateBook:
    """Port StateBook."""

    def __init__(self) -> None:
        self.states: list[MeterState] = []
        self.made: list[WorkOrderDraft] = []

    async def open(self, state: MeterState, action: SuggestedAction) -> MeterState:
        key = (state.installation_id, state.kind)
        for one in self.states:
            if (one.installation_id, one.kind) == key and one.closed_at is None:
                return one
        mine = [one for one in self.made if (one.installation_id, one.kind) == key]
        draft = next((one for one in mine if one.standing is DraftStanding.OPEN), None)
        if draft is None:
            draft = replace(draft_of(state, action), id=len(self.made) + 1)
            self.made.append(draft)
        kept = replace(state, id=len(self.states) + 1, draft_id=draft.id)
        self.states.append(kept)
        return kept

    async def close(self, state_id: int, at: datetime, evidence: str) -> None:
        one = self.states[state_id - 1]
        if one.closed_at is None:
            self.states[state_id - 1] = replace(one, closed_at=at, closing_evidence=evidence)

    async def standing(self) -> Sequence[MeterState]:
        return [one for one in reversed(self.states) if one.closed_at is None]

    async def history(self, limit: int, installation_id: int | None = None) -> Sequence[MeterState]:
        return [one for one in reversed(self.states) if installation_id in (None, one.installation_id)][:limit]

    async def drafts(self, limit: int) -> Sequence[WorkOrderDraft]:
        return sorted(self.made, key=lambda one: (one.standing is not DraftStanding.OPEN, -one.id))[:limit]

    async def draft(self, draft_id: int) -> WorkOrderDraft:
        if not 0 < draft_id <= len(self.made):
            raise UnknownDraft(f"no draft {draft_id}")
        return self.made[draft_id - 1]

    async def decide(self, draft: WorkOrderDraft) -> None:
        if (await self.draft(draft.id)).standing is not DraftStanding.OPEN:
            raise Conflict(f"draft {draft.id} is decided already")
        self.made[draft.id - 1] = draft
