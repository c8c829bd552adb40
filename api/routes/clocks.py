"""`/clocks` and `/meters/{id}/clock`: how far clocks are off, and orders to set one."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import CurrentUser, GuardedRoute, Services
from api.documented import problems
from api.parameters import InstallationId
from api.schemas.clocks import (
    ClockAnswer,
    ClockOrderAnswer,
    ClocksAnswer,
    clock_answer,
    order_answer,
    state_answer,
)

router = APIRouter(prefix="/api/v1", tags=["meters"], route_class=GuardedRoute)


@router.get("/clocks", responses=problems())
async def list_clocks(services: Services) -> ClocksAnswer:
    """Every clock that was ever read, the worst first."""
    return ClocksAnswer(clocks=[state_answer(one) for one in services.correct_clock.states()])


@router.get("/meters/{id}/clock", responses=problems(404))
async def show_clock(services: Services, installation_id: InstallationId) -> ClockAnswer:
    """One clock with its jumps and orders."""
    return clock_answer(await services.correct_clock.page(installation_id))


@router.post("/meters/{id}/clock/correction", status_code=201, responses=problems(404, 409))
async def correct_clock(services: Services, user: CurrentUser, installation_id: InstallationId) -> ClockOrderAnswer:
    """Set the clock: read, decide, send one frame once, read again. 409 says why nothing was sent."""
    return order_answer(await services.correct_clock.correct(installation_id, user.name if user else ""))
