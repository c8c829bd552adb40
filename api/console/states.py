"""`/states`: what is wrong with meters and what to do about it; the forms accept and dismiss drafts."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from api.access import CurrentUser, GuardedRoute, Services
from api.console import state_words
from api.console.rendering import render
from api.routes.meter_states import DraftId
from headend.domain.meter_states import DraftStanding

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
SHOWN = 100
Note = Annotated[str, Form(max_length=1000)]


@router.get("/states")
async def show_states(request: Request, services: Services) -> Response:
    """The page: open drafts, what stands, what was decided or is over lately."""
    decide = services.decide_drafts
    drafts, standing = await decide.drafts(), await decide.standing()
    names = {one.id: one.usage_point.name for one in await services.registry.installations()}
    open_drafts = [one for one in drafts if one.standing is DraftStanding.OPEN]
    return render(
        request,
        "states.html",
        drafts=open_drafts[:SHOWN],
        drafts_in_all=len(open_drafts),
        decided=[one for one in drafts if one.standing is not DraftStanding.OPEN][:20],
        counts=Counter(one.kind for one in standing),
        standing={(one.installation_id, one.kind) for one in standing},
        over=[one for one in await decide.history() if one.closed_at is not None][:20],
        names=names,
        state_words=state_words,
    )


@router.post("/drafts/{id}/accept")
async def accept(services: Services, user: CurrentUser, draft_id: DraftId, note: Note = "") -> Response:
    """Somebody will see to it."""
    await services.decide_drafts.accept(draft_id, user.name if user else "", note)
    return RedirectResponse("/states", 303)


@router.post("/drafts/{id}/dismiss")
async def dismiss(services: Services, user: CurrentUser, draft_id: DraftId, note: Note = "") -> Response:
    """Nobody needs to; without a note it is refused."""
    await services.decide_drafts.dismiss(draft_id, user.name if user else "", note)
    return RedirectResponse("/states", 303)
