"""`/meters`: who is metered by what and when it was last heard; import from CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.access import GuardedRoute, Services
from api.csv_body import CSV_BODY, csv_text
from api.documented import problems
from api.fleet_page import fleet_page
from api.parameters import InstallationId, Skip
from api.schemas.meters import ImportAnswer, MeterDetail, MetersAnswer, meter_answer, meter_fields
from api.schemas.readings import reading_row
from headend.queries.fleet import MeterRow, MeterState, state_of

router = APIRouter(prefix="/api/v1", tags=["meters"], route_class=GuardedRoute)


@router.get("/meters")
async def list_meters(
    services: Services,
    q: Annotated[str, Query(max_length=200, description="words of usage point, serial number or address")] = "",
    state: Annotated[MeterState | None, Query()] = None,
    skip: Skip = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MetersAnswer:
    """Installed meters, silent ones first, parked ones last, then by usage point."""
    page = fleet_page(await services.show_fleet.overview(), q, state, skip, limit)
    return MetersAnswer(total=page.total, meters=[meter_answer(row) for row in page.rows])


@router.get("/meters/{id}", responses=problems(404))
async def show_meter(services: Services, installation_id: InstallationId) -> MeterDetail:
    """One meter with its newest values."""
    page = await services.show_meter.page(installation_id)
    heard = max((reading.received_at for reading in page.latest), default=None)
    is_parked = await services.park_meters.current(installation_id) is not None
    state = MeterState.PARKED if is_parked else state_of(services.clock.now(), heard)
    row = MeterRow(page.installation, state, heard)
    return MeterDetail.model_validate({**meter_fields(row), "latest": map(reading_row, page.latest)})


@router.post("/meters/import", responses=problems(409, 415), openapi_extra=CSV_BODY)
async def import_meters(
    request: Request,
    services: Services,
    file: Annotated[str, Query(max_length=300, description="name of the file, for its errors")] = "meters.csv",
) -> ImportAnswer:
    """Add all meters of a CSV file or none; every wrong cell is told with its line, column and remedy."""
    return ImportAnswer(added=await services.import_meters.run(await csv_text(request, file), file))
