"""`/gaps/meters/{id}/{day}`: why quarters of an hour of a meter are missing on a day, and when each is tried again."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from api.access import GuardedRoute, Services
from api.console.rendering import may, render
from api.parameters import InstallationId
from api.routes.kpi import checked
from headend.domain.kpi import MetricDay
from headend.domain.slot_runs import slot_of
from headend.domain.users import Permission
from headend.ports import LedgerQuestion

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
CLOSED_ROWS = 50


@router.get("/gaps/meters/{id}/{day}")
async def show_day(
    request: Request, services: Services, installation_id: InstallationId, day: date, retried: int | None = None
) -> Response:
    """The page; `retried` says how many quarters somebody has just put first."""
    on = MetricDay.of(checked(day), services.zone)
    closed = await services.show_gap_ledger.closed(installation_id, CLOSED_ROWS)
    return render(
        request,
        "gap_day.html",
        installation=await services.registry.installation(installation_id),
        day=on.on,
        before=on.on - timedelta(days=1),
        after=on.on + timedelta(days=1) if on.end <= services.clock.now() else None,
        due=slot_of(on.end) - slot_of(on.start),
        gaps=await services.show_gap_ledger.why(installation_id, on.start, on.end),
        closed=[gap for gap in closed if gap.start < on.end and on.start < gap.end],
        may_retry=may(request, Permission.READ_NOW),
        retried=retried,
    )


@router.post("/gaps/meters/{id}/{day}/retry")
async def try_again(services: Services, installation_id: InstallationId, day: date) -> Response:
    """Make the day's open runs due at once."""
    on = MetricDay.of(checked(day), services.zone)
    await services.registry.installation(installation_id)
    asked = LedgerQuestion(slot_of(on.start), slot_of(on.end), [installation_id])
    slots = await services.keep_gap_ledger.try_again(asked)
    return RedirectResponse(f"/gaps/meters/{installation_id}/{day}?" + urlencode({"retried": slots}), 303)
