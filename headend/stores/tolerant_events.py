"""An event log that never stops the work it tells of: an event that cannot be kept goes to the program's log."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from headend.domain.errors import StoreUnavailable
from headend.domain.events import EndDeviceEvent
from headend.ports import EventLog

log = structlog.get_logger()


class TolerantEventLog:
    """EventLog over another. For events only: audit rows are kept in the transaction of what they audit."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    async def record(self, event: EndDeviceEvent) -> None:
        """Keep the event, or log it with the reason why it could not be kept."""
        try:
            await self._events.record(event)
        except StoreUnavailable as error:
            log.warning("event not kept", kind=event.kind, detail=event.detail, reason=str(error))

    async def recent(self, limit: int, installation_id: int | None = None) -> Sequence[EndDeviceEvent]:
        """See EventLog."""
        return await self._events.recent(limit, installation_id)
