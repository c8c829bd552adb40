"""`/meters/{id}/enter`: what the form for a register on a meter's page does. Shows no page of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from starlette.responses import RedirectResponse

from api.access import CurrentUser, GuardedRoute, Services
from api.parameters import InstallationId
from api.schemas.identity import Note, Register
from api.schemas.ways import Word
from headend.services.enter_reading import Entry

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/meters/{id}/enter")
async def enter(
    services: Services,
    user: CurrentUser,
    installation_id: InstallationId,
    reading_type: Annotated[Word, Form()],
    value: Annotated[Register, Form()],
    read_at: Annotated[datetime, Form()],
    reader: Annotated[Word, Form()],
    reason: Annotated[str, Form(min_length=1, max_length=1000)],
    photo: Annotated[Note, Form()] = "",
) -> Response:
    """Enter a register by hand; a time without offset is local to the site."""
    instant = (read_at if read_at.tzinfo else read_at.replace(tzinfo=services.zone)).astimezone(UTC)
    entry = Entry(reading_type, value, instant, reader, reason, photo)
    await services.enter_reading.enter(installation_id, entry, user.name if user else "")
    return RedirectResponse(f"/meters/{installation_id}", 303)
