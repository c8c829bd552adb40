"""Port EventLog: what happened, newest first. Events are kept, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from headend.domain.events import EndDeviceEvent, EventKind
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import EventRow


class SqlEventLog:
    """What happened."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def record(self, event: EndDeviceEvent) -> None:
        """Keep an event."""
        row = EventRow(
            kind=event.kind.value,
            occurred_at=event.occurred_at,
            detail=event.detail,
            installation_id=event.installation_id,
        )
        await self._database.write(lambda session: session.add(row))

    async def recent(self, limit: int, installation_id: int | None = None) -> Sequence[EndDeviceEvent]:
        """The newest events first."""
        query = select(EventRow).order_by(EventRow.occurred_at.desc(), EventRow.id.desc()).limit(limit)
        if installation_id is not None:
            query = query.where(EventRow.installation_id == installation_id)
        return await self._database.read(lambda session: [_event(row) for row in session.scalars(query)])


def _event(row: EventRow) -> EndDeviceEvent:
    return EndDeviceEvent(EventKind(row.kind), row.occurred_at, row.detail, row.installation_id, row.id)
