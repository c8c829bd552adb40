"""`/meters/{id}/park` and `unpark`: what the forms on a meter's page do. Shows no page of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import BeforeValidator
from starlette.responses import RedirectResponse

from api.access import CurrentUser, GuardedRoute, Services
from api.parameters import InstallationId
from api.routes.kpi import checked
from headend.domain.parking import ParkingReason
from headend.services.park_meters import ParkingOrder

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/meters/{id}/park")
async def park(
    services: Services,
    user: CurrentUser,
    installation_id: InstallationId,
    reason: Annotated[ParkingReason, Form()],
    until: Annotated[date | None, BeforeValidator(lambda text: text or None), Form()] = None,
    note: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Park until the local midnight that begins the day `until`; an empty date means until somebody ends it."""
    end = None
    if until is not None:
        day = checked(until)
        end = datetime(day.year, day.month, day.day, tzinfo=services.zone).astimezone(UTC)
    order = ParkingOrder(reason, user.name if user else "", note.strip(), until=end)
    await services.park_meters.park(installation_id, order)
    return RedirectResponse(f"/meters/{installation_id}", 303)


@router.post("/meters/{id}/unpark")
async def unpark(services: Services, user: CurrentUser, installation_id: InstallationId) -> Response:
    """Take it back."""
    await services.park_meters.unpark(installation_id, user.name if user else "")
    return RedirectResponse(f"/meters/{installation_id}", 303)
