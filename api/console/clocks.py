"""`/meters/{id}/clock/correct`: what the button on a meter's page does. Shows no page of its own."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.responses import RedirectResponse

from api.access import CurrentUser, GuardedRoute, Services
from api.parameters import InstallationId

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/meters/{id}/clock/correct")
async def correct(services: Services, user: CurrentUser, installation_id: InstallationId) -> Response:
    """Order it; the page shows what came of it."""
    await services.correct_clock.correct(installation_id, user.name if user else "")
    return RedirectResponse(f"/meters/{installation_id}#clock", 303)
