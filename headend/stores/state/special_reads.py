"""Ports SpecialReads and PlanProgress: what plans leave out and how far they came. Rows are ended, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownSpecialRead
from headend.domain.instants import iso
from headend.domain.special_reads import SpecialRead, SpecialReason, SpecialState
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_plans import PlanProgressRow, SpecialReadRow

Row = SpecialReadRow


class SqlPlanProgress:
    """How far each plan came."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def last(self, plan: str) -> datetime | None:
        """The start of the newest slot that was done or missed."""
        query = select(PlanProgressRow.slot).where(PlanProgressRow.plan == plan)
        return await self._database.read(lambda session: session.scalar(query))

    async def done(self, plan: str, slot: datetime) -> None:
        """This slot and all before it need nothing any more; never goes back."""

        def keep(session: Session) -> None:
            row = session.get(PlanProgressRow, plan)
            if row is None:
                session.add(PlanProgressRow(plan=plan, slot=slot))
            else:
                row.slot = max(row.slot, slot)

        await self._database.write(keep)


class SqlSpecialReads:
    """Reads at dates of their own."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def add(self, special: SpecialRead) -> SpecialRead:
        """Keep a new one; Conflict when the same usage point has an open one at the same instant."""
        same = select(Row.id).where(
            Row.usage_point == special.usage_point, Row.due_at == special.due_at, Row.state == SpecialState.OPEN.value
        )

        def keep(session: Session) -> SpecialRead:
            if session.scalar(same) is not None:
                raise Conflict(f"{special.usage_point} is to be read at {iso(special.due_at)} already")
            row = _row(special)
            session.add(row)
            session.flush()
            return replace(special, id=row.id)

        return await self._database.write(keep)

    async def end(self, special: SpecialRead) -> SpecialRead:
        """Keep state, instant and outcome of one that was open; UnknownSpecialRead, Conflict when it was ended."""

        def close(session: Session) -> SpecialRead:
            row = _of(session, special.id)
            if row.state != SpecialState.OPEN:
                raise Conflict(f"the special read {special.id} is {row.state} already")
            row.state, row.ended_at, row.outcome = special.state.value, special.ended_at, special.outcome
            return _special(row)

        return await self._database.write(close)

    async def one(self, special_id: int) -> SpecialRead:
        """One; UnknownSpecialRead if there is none."""
        return await self._database.read(lambda session: _special(_of(session, special_id)))

    async def open_until(self, until: datetime) -> Sequence[SpecialRead]:
        """The open ones that are due by then, by date."""
        query = select(Row).where(Row.state == SpecialState.OPEN.value, Row.due_at <= until)
        query = query.order_by(Row.due_at, Row.id)
        return await self._database.read(lambda session: [_special(row) for row in session.scalars(query)])

    async def instead_of(self, plan: str, day: date) -> frozenset[str]:
        """The usage points that this plan leaves out on this local day."""
        query = select(Row.usage_point).where(
            Row.instead_of_plan == plan,
            Row.instead_of_day == day.isoformat(),
            Row.state != SpecialState.CANCELLED.value,
        )
        return await self._database.read(lambda session: frozenset(session.scalars(query)))

    async def newest(self, limit: int) -> Sequence[SpecialRead]:
        """The open ones first, then the others, each newest date first."""
        is_ended = case((Row.state == SpecialState.OPEN.value, 0), else_=1)
        query = select(Row).order_by(is_ended, Row.due_at.desc(), Row.id.desc()).limit(limit)
        return await self._database.read(lambda session: [_special(row) for row in session.scalars(query)])


def _of(session: Session, special_id: int) -> SpecialReadRow:
    row = session.get(Row, special_id)
    if row is None:
        raise UnknownSpecialRead(f"no special read {special_id}")
    return row


def _row(special: SpecialRead) -> SpecialReadRow:
    return SpecialReadRow(
        usage_point=special.usage_point,
        due_at=special.due_at,
        reason=special.reason.value,
        ordered_by=special.ordered_by,
        ordered_at=special.ordered_at,
        note=special.note,
        instead_of_plan=special.instead_of_plan,
        instead_of_day=None if special.instead_of_day is None else special.instead_of_day.isoformat(),
        state=special.state.value,
        ended_at=special.ended_at,
        outcome=special.outcome,
    )


def _special(row: SpecialReadRow) -> SpecialRead:
    return SpecialRead(
        usage_point=row.usage_point,
        due_at=row.due_at,
        reason=SpecialReason(row.reason),
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
        note=row.note,
        instead_of_plan=row.instead_of_plan,
        instead_of_day=None if row.instead_of_day is None else date.fromisoformat(row.instead_of_day),
        state=SpecialState(row.state),
        ended_at=row.ended_at,
        outcome=row.outcome,
        id=row.id,
    )
