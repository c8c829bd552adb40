"""What is kept of meters' states and of the drafts that they make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from headend.domain.meter_states import MeterState, SuggestedAction, WorkOrderDraft


class StateBook(Protocol):
    """States and drafts; neither is ever deleted. Of one kind a meter has one standing state and one open draft."""

    async def open(self, state: MeterState, action: SuggestedAction) -> MeterState:
        """Keep it with its draft, in one transaction; the one that stands already, when there is one."""
        ...

    async def close(self, state_id: int, at: datetime, evidence: str) -> None:
        """It is over; nothing when it was over before."""
        ...

    async def standing(self) -> Sequence[MeterState]:
        """Those that are not over, newest first."""
        ...

    async def history(self, limit: int, installation_id: int | None = None) -> Sequence[MeterState]:
        """Newest first, those that are over as well."""
        ...

    async def drafts(self, limit: int) -> Sequence[WorkOrderDraft]:
        """The open ones first, of these the newest first."""
        ...

    async def draft(self, draft_id: int) -> WorkOrderDraft:
        """One; UnknownDraft."""
        ...

    async def decide(self, draft: WorkOrderDraft) -> None:
        """Keep what a person decided; UnknownDraft, Conflict when somebody was faster."""
        ...
