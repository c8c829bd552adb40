"""`/meters/{id}`: one meter with its values, their proof, its curve and its events; read it now."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.access import GuardedRoute, Services
from api.console.curve import POWER, REGISTER, Curve, curve_of, first_slot
from api.console.local_times import clock_text, offset_text
from api.console.rendering import may, render
from api.parameters import InstallationId
from api.refusals import UnknownFrame
from api.routes.readings import raise_if_silent
from api.schemas.meters import without_password
from api.services import ApiServices
from headend.domain.errors import UnknownReadingType
from headend.domain.reading_types import ReadingKind
from headend.domain.users import Permission
from headend.queries.fleet import MeterState, state_of
from headend.queries.gaps import SLOT

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
DAYS = (1, 3, 7)
Days = Annotated[int, Query(ge=1, le=7)]


@router.get("/meters/{id}")
async def show_meter(request: Request, services: Services, installation_id: InstallationId, days: Days = 1) -> Response:
    """The page of a meter."""
    page = await services.show_meter.page(installation_id)
    heard = max((reading.received_at for reading in page.latest), default=None)
    now = services.clock.now()
    parked = await services.park_meters.current(installation_id)
    return render(
        request,
        "meter.html",
        installation=page.installation,
        line_url=without_password(page.installation.meter.line.url),
        meter_state=MeterState.PARKED if parked else state_of(now, heard),
        parked=parked,
        parkings=await services.park_meters.history(installation_id),
        ways=await services.show_ways.page(installation_id),
        registers=[one for one in services.types.rows if one.kind is ReadingKind.REGISTER],
        without_password=without_password,
        identity=await services.show_identity.page(installation_id),
        clock_page=await services.correct_clock.page(installation_id),
        supply=(await services.show_grid.supply(installation_id, now)).path,
        now_local=now.astimezone(services.zone).strftime("%Y-%m-%dT%H:%M"),
        tomorrow=(now.astimezone(services.zone) + timedelta(days=1)).date(),
        last_heard=heard,
        latest=page.latest,
        events=page.events,
        curve=await _curve(services, installation_id, days),
        days=days,
        choices=DAYS,
        may_read=may(request, Permission.READ_NOW),
        may_park=may(request, Permission.MANAGE_METERS),
    )


@router.get("/meters/{id}/curve")
async def show_curve(services: Services, installation_id: InstallationId, days: Days = 1) -> Response:
    """The curve as data for the drawing; times are text in the zone of the site."""
    curve, zone = await _curve(services, installation_id, days), services.zone
    slots = [
        {
            "at": f"{clock_text(slot.start, zone)[:16]} {offset_text(slot.start, zone)}",
            "label": clock_text(slot.start, zone)[11:16] if days == 1 else clock_text(slot.start, zone)[5:16],
            "power": slot.power,
            "energy": slot.energy,
            "is_marked": bool(slot.qualities),
            "is_over": slot.is_over,
        }
        for slot in curve.slots
    ]
    return Response(orjson.dumps({"slots": slots}), media_type="application/json")


@router.post("/meters/{id}/read-now")
async def read_now(request: Request, services: Services, installation_id: InstallationId) -> Response:
    """Read the meter's periodic items on the wire and show what it said."""
    answer = await services.read_now.read(installation_id, ())
    raise_if_silent(answer)
    parked = await services.park_meters.current(installation_id)
    response = render(request, "parts/read_now.html", answer=answer, now=services.clock.now(), parked=parked)
    response.headers["HX-Trigger"] = "headend:changed"  # the newest values of the page are old now
    return response


@router.get("/frames/{frame_id}")
async def show_frame(
    request: Request, services: Services, frame_id: Annotated[int, Path(ge=0, le=2**63 - 1)]
) -> Response:
    """The bytes that prove a value."""
    frame = await services.show_meter.frame(frame_id)
    if frame is None:
        raise UnknownFrame(f"no raw frame {frame_id}")
    return render(request, "parts/frame.html", frame=frame, frame_id=frame_id)


async def _curve(services: ApiServices, installation_id: int, days: int) -> Curve:
    start = first_slot(services.clock.now(), services.zone, days)
    wanted = [name for name in (REGISTER, POWER) if _is_known(services, name)]
    readings = await services.show_meter.series(installation_id, wanted, start, services.clock.now() + SLOT)
    return curve_of(readings, start, days)


def _is_known(services: ApiServices, name: str) -> bool:
    try:
        services.types.by_name(name)
    except UnknownReadingType:
        return False
    return True
