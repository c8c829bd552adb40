"""Port ClockBook: states in one statement a batch, jumps and orders as rows of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from headend.domain.clock_correction import ClockOrder, Outcome, Remedy
from headend.domain.clocks import ClockJump, ClockState, JumpCause
from headend.domain.errors import Conflict
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_clocks import ClockJumpRow, ClockOrderRow, ClockStateRow

AT_ONCE = 500


class SqlClockBook:
    """What is known of clocks."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def states(self) -> Sequence[ClockState]:
        """By installation."""
        query = select(ClockStateRow).order_by(ClockStateRow.installation_id)
        return await self._database.read(lambda session: [_state(row) for row in session.scalars(query)])

    async def keep(self, states: Sequence[ClockState]) -> None:
        """In the place of what was known of the same installations."""

        def keep(session: Session) -> None:
            for first in range(0, len(states), AT_ONCE):
                some = states[first : first + AT_ONCE]
                numbers = [one.installation_id for one in some]
                session.execute(delete(ClockStateRow).where(ClockStateRow.installation_id.in_(numbers)))
                session.execute(insert(ClockStateRow), [_columns(one) for one in some])

        if states:
            await self._database.write(keep)

    async def add_jumps(self, jumps: Sequence[ClockJump]) -> None:
        """More of them."""
        rows = [
            {
                "installation_id": one.installation_id,
                "last_good": one.last_good,
                "seen_at": one.seen_at,
                "before_s": one.before_s,
                "after_s": one.after_s,
                "cause": one.cause.value,
            }
            for one in jumps
        ]
        if rows:
            await self._database.write(lambda session: session.execute(insert(ClockJumpRow), rows) and None)

    async def jumps(self, installation_id: int | None = None) -> Sequence[ClockJump]:
        """Of one meter or of all, oldest first."""
        query = select(ClockJumpRow).order_by(ClockJumpRow.id)
        if installation_id is not None:
            query = query.where(ClockJumpRow.installation_id == installation_id)
        return await self._database.read(lambda session: [_jump(row) for row in session.scalars(query)])

    async def has_broadcast(self, line_id: int, day: str) -> bool:
        """Whether a broadcast went to this line on this local day."""
        query = _broadcast(line_id, day)
        return await self._database.read(lambda session: session.scalar(query) is not None)

    async def open_order(self, order: ClockOrder) -> ClockOrder:
        """Durable before anything is sent; Conflict for a second broadcast to a line on one day."""

        def keep(session: Session) -> ClockOrder:
            is_broadcast = order.remedy is Remedy.BROADCAST
            if is_broadcast and session.scalar(_broadcast(order.line_id, order.day)) is not None:
                raise Conflict("a broadcast went to this line today already")
            row = ClockOrderRow(
                installation_id=order.installation_id,
                line_id=order.line_id,
                remedy=order.remedy.value,
                ordered_by=order.ordered_by,
                ordered_at=order.ordered_at,
                day=order.day,
                before_s=order.before_s,
                outcome=order.outcome.value,
                after_s=order.after_s,
                reason=order.reason,
                closed_at=order.closed_at,
            )
            session.add(row)
            session.flush()
            return replace(order, id=row.id)

        return await self._database.write(keep)

    async def close_order(self, order: ClockOrder) -> None:
        """What came of it."""

        def close(session: Session) -> None:
            row = session.get_one(ClockOrderRow, order.id)
            row.outcome, row.after_s = order.outcome.value, order.after_s
            row.reason, row.closed_at = order.reason, order.closed_at

        await self._database.write(close)

    async def orders(self, installation_id: int) -> Sequence[ClockOrder]:
        """Newest first."""
        query = select(ClockOrderRow).where(ClockOrderRow.installation_id == installation_id)
        query = query.order_by(ClockOrderRow.id.desc())
        return await self._database.read(lambda session: [_order(row) for row in session.scalars(query)])


def _broadcast(line_id: int, day: str) -> Select[int]:
    return select(ClockOrderRow.id).where(
        ClockOrderRow.line_id == line_id, ClockOrderRow.day == day, ClockOrderRow.remedy == Remedy.BROADCAST.value
    )


def _columns(one: ClockState) -> dict[str, object]:
    return {
        "installation_id": one.installation_id,
        "at": one.at,
        "offset_s": one.offset_s,
        "since": one.since,
        "first_offset_s": one.first_offset_s,
    }


def _state(row: ClockStateRow) -> ClockState:
    return ClockState(row.installation_id, row.at, row.offset_s, row.since, row.first_offset_s)


def _jump(row: ClockJumpRow) -> ClockJump:
    return ClockJump(row.installation_id, row.last_good, row.seen_at, row.before_s, row.after_s, JumpCause(row.cause))


def _order(row: ClockOrderRow) -> ClockOrder:
    return ClockOrder(
        installation_id=row.installation_id,
        line_id=row.line_id,
        remedy=Remedy(row.remedy),
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
        day=row.day,
        before_s=row.before_s,
        outcome=Outcome(row.outcome),
        after_s=row.after_s,
        reason=row.reason,
        closed_at=row.closed_at,
        id=row.id,
    )
