"""`/plans` and `/special-reads`: what is read of whom and when, and reads at dates of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import CurrentUser, GuardedRoute, Services
from api.documented import problems
from api.parameters import MAX_ID
from api.schemas.plans import (
    PlansAnswer,
    SpecialReadAnswer,
    SpecialReadRequest,
    SpecialReadsAnswer,
    plans_answer,
    special_answer,
    specials_answer,
)
from headend.services.special_reads import SpecialOrder

router = APIRouter(prefix="/api/v1", tags=["plans"], route_class=GuardedRoute)
SpecialId = Annotated[int, Path(alias="id", ge=1, le=MAX_ID, description="number of the special read")]


@router.get("/plans")
async def list_plans(services: Services) -> PlansAnswer:
    """The plans in force, how many meters each asks, and how far it came."""
    return plans_answer(await services.show_plans.standings())


@router.get("/special-reads")
async def list_special_reads(services: Services) -> SpecialReadsAnswer:
    """Open ones first, then what became of others."""
    return specials_answer(await services.special_reads.newest())


@router.post("/special-reads", status_code=201, responses=problems(409))
async def order_special_read(services: Services, user: CurrentUser, asked: SpecialReadRequest) -> SpecialReadAnswer:
    """Order a read at a date of its own: for a contract, a tariff, or because the customer asked for another date."""
    order = SpecialOrder(
        usage_point=asked.usage_point,
        due_at=asked.due_at,
        reason=asked.reason,
        by=user.name if user else "",
        note=asked.note,
        instead_of_plan=asked.instead_of_plan,
        instead_of_day=asked.instead_of_day,
    )
    return special_answer(await services.special_reads.order(order))


@router.delete("/special-reads/{id}", responses=problems(404, 409))
async def call_off_special_read(services: Services, user: CurrentUser, special_id: SpecialId) -> SpecialReadAnswer:
    """Call it off; what was done already stays."""
    return special_answer(await services.special_reads.call_off(special_id, user.name if user else ""))
