"""`/meters/{id}/identity/confirm` and `reject`: what the forms on a meter's page do. Shows no page of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from starlette.responses import RedirectResponse

from api.access import CurrentUser, GuardedRoute, Services
from api.parameters import InstallationId
from api.schemas.identity import Note, Register
from headend.domain.exchanges import ExchangeOrder

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/meters/{id}/identity/confirm")
async def confirm(
    services: Services,
    user: CurrentUser,
    installation_id: InstallationId,
    at: Annotated[datetime, Form()],
    last_register: Annotated[Register, Form()],
    first_register: Annotated[Register, Form()],
    note: Annotated[Note, Form()] = "",
) -> Response:
    """Confirm the meter that was found; a time without offset is local to the site. Shows the new installation."""
    instant = (at if at.tzinfo else at.replace(tzinfo=services.zone)).astimezone(UTC)
    by = user.name if user else ""
    order = ExchangeOrder(instant, by, last_register, first_register, note.strip())
    case = await services.exchange_meter.confirm(installation_id, order)
    return RedirectResponse(f"/meters/{case.new.id}", 303)


@router.post("/meters/{id}/identity/reject")
async def reject(
    services: Services, user: CurrentUser, installation_id: InstallationId, note: Annotated[Note, Form()] = ""
) -> Response:
    """The registered meter stays. Shows its installation."""
    case = await services.exchange_meter.reject(installation_id, user.name if user else "", note.strip())
    return RedirectResponse(f"/meters/{case.old.id}", 303)
