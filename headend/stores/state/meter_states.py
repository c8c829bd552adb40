"""Port StateBook: states and drafts as rows; a state and its draft are one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownDraft
from headend.domain.meter_states import (
    DraftStanding,
    MeterState,
    StateKind,
    SuggestedAction,
    WorkOrderDraft,
    draft_of,
)
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_states import MeterStateRow, WorkOrderDraftRow


class SqlStateBook:
    """What is wrong with meters, and what people should see to."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def open(self, state: MeterState, action: SuggestedAction) -> MeterState:
        """Keep it with its draft, in one transaction; the one that stands already, when there is one."""

        def keep(session: Session) -> MeterState:
            own = _states().where(
                MeterStateRow.installation_id == state.installation_id, MeterStateRow.kind == state.kind.value
            )
            standing = session.scalar(own.where(MeterStateRow.closed_at.is_(None)))
            if standing is not None:
                return _state(standing)
            row = MeterStateRow(
                installation_id=state.installation_id,
                kind=state.kind.value,
                since=state.since,
                evidence=state.evidence,
                terms_version=state.terms_version,
                opened_at=state.opened_at,
                closed_at=None,
                closing_evidence="",
                draft_id=_draft_for(session, draft_of(state, action)),
            )
            session.add(row)
            session.flush()
            return _state(row)

        return await self._database.write(keep)

    async def close(self, state_id: int, at: datetime, evidence: str) -> None:
        """It is over; nothing when it was over before."""
        order = update(MeterStateRow).where(MeterStateRow.id == state_id, MeterStateRow.closed_at.is_(None))
        order = order.values(closed_at=at, closing_evidence=evidence)
        await self._database.write(lambda session: session.execute(order) and None)

    async def standing(self) -> Sequence[MeterState]:
        """Those that are not over, newest first."""
        return await self._found(_states().where(MeterStateRow.closed_at.is_(None)))

    async def history(self, limit: int, installation_id: int | None = None) -> Sequence[MeterState]:
        """Newest first, those that are over as well."""
        query = _states().limit(limit)
        if installation_id is not None:
            query = query.where(MeterStateRow.installation_id == installation_id)
        return await self._found(query)

    async def drafts(self, limit: int) -> Sequence[WorkOrderDraft]:
        """The open ones first, of these the newest first."""
        is_decided = WorkOrderDraftRow.standing != DraftStanding.OPEN.value
        query = select(WorkOrderDraftRow).order_by(is_decided, WorkOrderDraftRow.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_draft(row) for row in session.scalars(query)])

    async def draft(self, draft_id: int) -> WorkOrderDraft:
        """One; UnknownDraft."""
        return await self._database.read(lambda session: _draft(_row(session, draft_id)))

    async def decide(self, draft: WorkOrderDraft) -> None:
        """Keep what a person decided; UnknownDraft, Conflict when somebody was faster."""

        def keep(session: Session) -> None:
            row = _row(session, draft.id)
            if row.standing != DraftStanding.OPEN.value:
                raise Conflict(f"draft {draft.id} is decided already")
            row.standing, row.decided_at = draft.standing.value, draft.decided_at
            row.decided_by, row.note = draft.decided_by, draft.note

        await self._database.write(keep)

    async def _found(self, query: Select[MeterStateRow]) -> Sequence[MeterState]:
        return await self._database.read(lambda session: [_state(row) for row in session.scalars(query)])


def _states() -> Select[MeterStateRow]:
    return select(MeterStateRow).order_by(MeterStateRow.id.desc())


def _row(session: Session, draft_id: int) -> WorkOrderDraftRow:
    row = session.get(WorkOrderDraftRow, draft_id)
    if row is None:
        raise UnknownDraft(f"no draft {draft_id}")
    return row


def _draft_for(session: Session, draft: WorkOrderDraft) -> int:
    """The number of the open draft of this meter and kind, made when there is none."""
    query = select(WorkOrderDraftRow.id).where(
        WorkOrderDraftRow.installation_id == draft.installation_id,
        WorkOrderDraftRow.kind == draft.kind.value,
        WorkOrderDraftRow.standing == DraftStanding.OPEN.value,
    )
    known = session.scalar(query)
    if known is not None:
        return known
    row = WorkOrderDraftRow(
        installation_id=draft.installation_id,
        kind=draft.kind.value,
        since=draft.since,
        evidence=draft.evidence,
        action_en=draft.action.en,
        action_zh=draft.action.zh,
        made_at=draft.made_at,
        standing=draft.standing.value,
        decided_at=None,
        decided_by="",
        note="",
    )
    session.add(row)
    session.flush()
    return row.id


def _state(row: MeterStateRow) -> MeterState:
    return MeterState(
        installation_id=row.installation_id,
        kind=StateKind(row.kind),
        since=row.since,
        evidence=row.evidence,
        terms_version=row.terms_version,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        closing_evidence=row.closing_evidence,
        draft_id=row.draft_id,
        id=row.id,
    )


def _draft(row: WorkOrderDraftRow) -> WorkOrderDraft:
    return WorkOrderDraft(
        installation_id=row.installation_id,
        kind=StateKind(row.kind),
        since=row.since,
        evidence=row.evidence,
        action=SuggestedAction(row.action_en, row.action_zh),
        made_at=row.made_at,
        standing=DraftStanding(row.standing),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
        id=row.id,
    )
