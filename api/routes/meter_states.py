"""`/meter-states` and `/drafts`: what is wrong with meters, and what people decide about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import CurrentUser, GuardedRoute, Services
from api.documented import problems
from api.parameters import MAX_ID
from api.schemas.meter_states import (
    AcceptRequest,
    DismissRequest,
    DraftAnswer,
    DraftsAnswer,
    MeterStatesAnswer,
    draft_answer,
    drafts_answer,
    states_answer,
)

router = APIRouter(prefix="/api/v1", tags=["meters"], route_class=GuardedRoute)
DraftId = Annotated[int, Path(alias="id", ge=1, le=MAX_ID)]
Meter = Annotated[int | None, Query(ge=1, le=MAX_ID, description="number of one installation, with what is over")]


@router.get("/meter-states", responses=problems())
async def list_states(services: Services, meter: Meter = None) -> MeterStatesAnswer:
    """Every state that stands; of one meter those that are over as well."""
    decide = services.decide_drafts
    return states_answer(list(await (decide.standing() if meter is None else decide.history(meter))))


@router.get("/drafts", responses=problems())
async def list_drafts(services: Services) -> DraftsAnswer:
    """Drafts of work orders, the open ones first; the newest thousand."""
    return drafts_answer(list(await services.decide_drafts.drafts()))


@router.post("/drafts/{id}/accept", responses=problems(404, 409))
async def accept_draft(services: Services, user: CurrentUser, draft_id: DraftId, asked: AcceptRequest) -> DraftAnswer:
    """Somebody will see to it."""
    return draft_answer(await services.decide_drafts.accept(draft_id, user.name if user else "", asked.note))


@router.post("/drafts/{id}/dismiss", responses=problems(404, 409))
async def dismiss_draft(services: Services, user: CurrentUser, draft_id: DraftId, asked: DismissRequest) -> DraftAnswer:
    """Nobody needs to, and why."""
    return draft_answer(await services.decide_drafts.dismiss(draft_id, user.name if user else "", asked.note))
