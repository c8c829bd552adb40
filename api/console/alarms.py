"""`/alarms`: what every event means, and one of them in full with what to do. Shows no event that has happened."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.access import GuardedRoute, Services
from api.console.rendering import render
from api.refusals import UnknownAlarm

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/alarms")
async def show_alarms(request: Request, services: Services) -> Response:
    """The catalogue."""
    return render(request, "alarms.html", catalogue=list(services.alarms.values()))


@router.get("/alarms/{code}")
async def show_alarm(request: Request, services: Services, code: Annotated[str, Path(max_length=20)]) -> Response:
    """One alarm."""
    for alarm in services.alarms.values():
        if alarm.code == code:
            return render(request, "alarm.html", alarm=alarm)
    raise UnknownAlarm(f"no alarm {code!r}")
