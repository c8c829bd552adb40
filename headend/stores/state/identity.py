"""Port IdentityBook: what each meter was heard to tell. Written in batches, once a pass."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from headend.domain.exchanges import HeardIdentity
from headend.domain.readings import RawFrame
from headend.stores.state.database import StateDatabase
from headend.stores.state.models_identity import HeardIdentityRow


class SqlIdentityBook:
    """What meters were heard to tell."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def heard(self) -> Sequence[HeardIdentity]:
        """One of each meter that ever told, by meter."""
        query = select(HeardIdentityRow).order_by(HeardIdentityRow.meter_id)
        return await self._database.read(lambda session: [_identity(row) for row in session.scalars(query)])

    async def heard_of(self, meter_ids: Sequence[int]) -> Sequence[HeardIdentity]:
        """Those of these meters, by meter."""
        query = select(HeardIdentityRow).where(HeardIdentityRow.meter_id.in_(meter_ids))
        query = query.order_by(HeardIdentityRow.meter_id)
        return await self._database.read(lambda session: [_identity(row) for row in session.scalars(query)])

    async def keep(self, identities: Sequence[HeardIdentity]) -> None:
        """Learn, or confirm what was learned; the frame and time of the first learning stay."""
        if not identities:
            return

        def keep(session: Session) -> None:
            for one in identities:
                hear(session, one)

        await self._database.write(keep)


def hear(session: Session, told: HeardIdentity) -> None:
    """Learn one, or confirm it; another identity of the same meter is learned anew."""
    row = session.get(HeardIdentityRow, told.meter_id)
    if row is not None and row.identity == told.identity:
        row.confirmed_at = max(row.confirmed_at, told.confirmed_at)
        return
    if row is None:
        row = HeardIdentityRow(meter_id=told.meter_id)
        session.add(row)
    row.identity, row.learned_at, row.confirmed_at = told.identity, told.learned_at, told.confirmed_at
    row.request, row.reply = told.frame


def _identity(row: HeardIdentityRow) -> HeardIdentity:
    frame = RawFrame(row.request, row.reply)
    return HeardIdentity(row.meter_id, row.identity, row.learned_at, row.confirmed_at, frame)
