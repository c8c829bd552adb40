"""Shapes of meter states and of drafts of work orders as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from headend.domain.meter_states import DraftStanding, MeterState, StateKind, WorkOrderDraft


class MeterStateAnswer(BaseModel):
    """A state of a meter; it stands while `closed_at` is null. `terms_version` says by which thresholds."""

    id: int
    installation: int
    kind: StateKind
    since: datetime
    evidence: str
    terms_version: int
    opened_at: datetime
    closed_at: datetime | None
    closing_evidence: str
    draft: int


class MeterStatesAnswer(BaseModel):
    """Newest first."""

    states: list[MeterStateAnswer]


class SuggestedActionAnswer(BaseModel):
    """In both languages."""

    en: str
    zh: str


class DraftAnswer(BaseModel):
    """What a person should see to; `decided_at` is null while nobody has decided."""

    id: int
    installation: int
    kind: StateKind
    since: datetime
    evidence: str
    action: SuggestedActionAnswer
    made_at: datetime
    standing: DraftStanding
    decided_at: datetime | None
    decided_by: str
    note: str


class DraftsAnswer(BaseModel):
    """The open ones first."""

    drafts: list[DraftAnswer]


class AcceptRequest(BaseModel):
    """What others should know."""

    note: str = Field(default="", max_length=1000)


class DismissRequest(BaseModel):
    """Why nobody needs to go there."""

    note: str = Field(min_length=1, max_length=1000)


def states_answer(states: list[MeterState]) -> MeterStatesAnswer:
    """All."""
    return MeterStatesAnswer(states=[_state(one) for one in states])


def drafts_answer(drafts: list[WorkOrderDraft]) -> DraftsAnswer:
    """All."""
    return DraftsAnswer(drafts=[draft_answer(one) for one in drafts])


def draft_answer(draft: WorkOrderDraft) -> DraftAnswer:
    """One."""
    return DraftAnswer(
        id=draft.id,
        installation=draft.installation_id,
        kind=draft.kind,
        since=draft.since,
        evidence=draft.evidence,
        action=SuggestedActionAnswer(en=draft.action.en, zh=draft.action.zh),
        made_at=draft.made_at,
        standing=draft.standing,
        decided_at=draft.decided_at,
        decided_by=draft.decided_by,
        note=draft.note,
    )


def _state(state: MeterState) -> MeterStateAnswer:
    return MeterStateAnswer(
        id=state.id,
        installation=state.installation_id,
        kind=state.kind,
        since=state.since,
        evidence=state.evidence,
        terms_version=state.terms_version,
        opened_at=state.opened_at,
        closed_at=state.closed_at,
        closing_evidence=state.closing_evidence,
        draft=state.draft_id,
    )
