"""`/billing`: closed batches, what was refused and why, the file; closing a period for those who may."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path, Request, Response
from starlette.responses import RedirectResponse

from api.access import GuardedRoute, Services
from api.console.rendering import may, render
from api.parameters import MAX_ID
from headend.domain.users import Permission

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
LINES_SHOWN = 200


@router.get("/billing")
async def list_batches(request: Request, services: Services) -> Response:
    """All batches, newest first."""
    return render(
        request,
        "billing.html",
        batches=await services.ledger.batches(),
        may_close=may(request, Permission.CLOSE_BILLING),
        last_month=month_before(services.clock.now(), services.zone),
    )


@router.post("/billing")
async def close_period(
    services: Services, period: Annotated[str, Form(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
) -> Response:
    """Close a period and show its batch."""
    batch = await services.close_billing.close(period)
    return RedirectResponse(f"/billing/{batch.id}", 303)


@router.get("/billing/{id}")
async def show_batch(
    request: Request, services: Services, batch_id: Annotated[int, Path(alias="id", ge=1, le=MAX_ID)]
) -> Response:
    """One batch: refusals first, they need a person."""
    batch = await services.ledger.batch(batch_id)
    return render(
        request,
        "batch.html",
        batch=batch,
        lines=(await services.ledger.lines(batch_id))[:LINES_SHOWN],
        refusals=await services.ledger.refusals(batch_id),
        types={row.name: row for row in services.types.rows},
    )


def month_before(now: datetime, zone: ZoneInfo) -> str:
    """The last month that is over, YYYY-MM."""
    first = now.astimezone(zone).replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")
