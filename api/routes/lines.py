"""`/lines`: how the ways to the meters are."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import GuardedRoute, Services
from api.schemas.lines import LinesAnswer, lines_answer

router = APIRouter(prefix="/api/v1", tags=["lines"], route_class=GuardedRoute)


@router.get("/lines")
async def list_lines(services: Services) -> LinesAnswer:
    """Every line with its health, the worst first."""
    return lines_answer(await services.show_lines.lines())
