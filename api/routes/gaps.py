"""`/gaps`: which readings are missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import GuardedRoute, Services
from api.documented import problems
from api.parameters import MAX_ID, Instant
from api.refusals import AskedTooMuch
from api.schemas.gaps import GapsAnswer, gap_answer
from api.schemas.readings import Item

router = APIRouter(prefix="/api/v1", tags=["gaps"], route_class=GuardedRoute)
LONGEST_SPAN = timedelta(days=100)


@router.get("/gaps", responses=problems(404))
async def list_gaps(
    services: Services,
    since: Annotated[Instant, Query(description="from here to now")],
    reading_type: Annotated[Item, Query(alias="type")] = "active_energy_import",
    installation: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> GapsAnswer:
    """Gaps of a register on the 15-minute grid, of one meter or of all."""
    if services.clock.now() - since > LONGEST_SPAN:
        raise AskedTooMuch(f"ask for {LONGEST_SPAN.days} days at most")
    kind = services.types.find(reading_type)
    gaps = await services.list_gaps.of(kind.name, since, installation)
    return GapsAnswer(gaps=[gap_answer(gap) for gap in gaps])
