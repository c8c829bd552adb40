"""`/events`: what happened."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import GuardedRoute, Services
from api.documented import problems
from api.parameters import MAX_ID
from api.schemas.events import EventsAnswer, event_answer

router = APIRouter(prefix="/api/v1", tags=["events"], route_class=GuardedRoute)


@router.get("/events", responses=problems(404))
async def list_events(
    services: Services,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    installation: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> EventsAnswer:
    """The newest events first, of one meter or of all."""
    if installation is not None:
        await services.registry.installation(installation)
    return EventsAnswer(events=[event_answer(event) for event in await services.events.recent(limit, installation)])
