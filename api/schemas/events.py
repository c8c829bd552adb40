"""Shape of events."""

from __future__ import annotations

from pydantic import BaseModel

from api.parameters import Instant
from headend.domain.events import EndDeviceEvent, EventKind


class EventAnswer(BaseModel):
    """What happened, when, to which installation if to one."""

    id: int
    kind: EventKind
    occurred_at: Instant
    detail: str
    installation: int | None


class EventsAnswer(BaseModel):
    """The newest events first."""

    events: list[EventAnswer]


def event_answer(event: EndDeviceEvent) -> EventAnswer:
    """One event."""
    return EventAnswer(
        id=event.id,
        kind=event.kind,
        occurred_at=event.occurred_at,
        detail=event.detail,
        installation=event.installation_id,
    )
