"""States of meters that a person should know of, and the drafts of work orders that they make. Judges nothing.

A state begins and ends with evidence. A draft is decided once, by a person; it outlives its state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from headend.domain.errors import Conflict


class StateKind(StrEnum):
    """What may be wrong with a meter, as far as readings and silences tell."""

    STOPPED = "stopped"
    REVERSED = "reversed"
    RUNNING_AWAY = "running_away"
    CLOCK_WRONG = "clock_wrong"
    BATTERY_LOW = "battery_low"
    PHASE_LOST = "phase_lost"
    NO_ANSWER = "no_answer"


class DraftStanding(StrEnum):
    """What became of a draft."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class SuggestedAction:
    """What the person who goes there should do, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class MeterState:
    """One state of one meter; it stands while `closed_at` is None. `draft_id` is the draft that it stands behind."""

    installation_id: int
    kind: StateKind
    since: datetime
    evidence: str
    terms_version: int
    opened_at: datetime
    closed_at: datetime | None = None
    closing_evidence: str = ""
    draft_id: int = 0
    id: int = 0

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("a state needs evidence")
        if self.closed_at is not None and not self.closing_evidence:
            raise ValueError("a state ends with evidence")


@dataclass(frozen=True, slots=True)
class WorkOrderDraft:
    """What a person should see to. While one of a kind is open, the same meter gets no other of that kind."""

    installation_id: int
    kind: StateKind
    since: datetime
    evidence: str
    action: SuggestedAction
    made_at: datetime
    standing: DraftStanding = DraftStanding.OPEN
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""
    id: int = 0

    def decided(self, standing: DraftStanding, *, by: str, at: datetime, note: str = "") -> WorkOrderDraft:
        """The draft after a person's decision; Conflict when it was decided before or nobody says why."""
        if self.standing is not DraftStanding.OPEN:
            raise Conflict(f"draft {self.id} was {self.standing} by {self.decided_by} already")
        if standing is DraftStanding.DISMISSED and not note:
            raise Conflict("a draft is dismissed with a note that says why")
        return replace(self, standing=standing, decided_at=at, decided_by=by, note=note)


def draft_of(state: MeterState, action: SuggestedAction) -> WorkOrderDraft:
    """The draft that a new state makes."""
    return WorkOrderDraft(state.installation_id, state.kind, state.since, state.evidence, action, state.opened_at)
