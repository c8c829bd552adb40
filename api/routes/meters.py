"""`/meters`: who is metered by what and when it was last heard; import from CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.access import GuardedRoute, Services
from api.documented import problems
from api.fleet_page import fleet_page
from api.parameters import InstallationId, Skip
from api.refusals import WrongMediaType
from api.schemas.meters import ImportAnswer, MeterDetail, MetersAnswer, meter_answer, meter_fields
from api.schemas.readings import reading_row
from headend.domain.errors import ConfigError
from headend.queries.fleet import MeterRow, MeterState, state_of

router = APIRouter(prefix="/api/v1", tags=["meters"], route_class=GuardedRoute)
CSV_BODY = {
    "requestBody": {
        "required": True,
        "description": "UTF-8, with a header of the columns",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/meters")
async def list_meters(
    services: Services,
    q: Annotated[str, Query(max_length=200, description="words of usage point, serial number or address")] = "",
    state: Annotated[MeterState | None, Query()] = None,
    skip: Skip = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MetersAnswer:
    """Installed meters, silent ones first, then by usage point."""
    page = fleet_page(await services.show_fleet.overview(), q, state, skip, limit)
    return MetersAnswer(total=page.total, meters=[meter_answer(row) for row in page.rows])


@router.get("/meters/{id}", responses=problems(404))
async def show_meter(services: Services, installation_id: InstallationId) -> MeterDetail:
    """One meter with its newest values."""
    page = await services.show_meter.page(installation_id)
    heard = max((reading.received_at for reading in page.latest), default=None)
    row = MeterRow(page.installation, state_of(services.clock.now(), heard), heard)
    return MeterDetail.model_validate({**meter_fields(row), "latest": map(reading_row, page.latest)})


@router.post("/meters/import", responses=problems(409, 415), openapi_extra=CSV_BODY)
async def import_meters(
    request: Request,
    services: Services,
    file: Annotated[str, Query(max_length=300, description="name of the file, for its errors")] = "meters.csv",
) -> ImportAnswer:
    """Add all meters of a CSV file or none; every wrong cell is told with its line, column and remedy."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "text/csv":
        raise WrongMediaType("send the file as text/csv")
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8 at byte {error.start}", file=file, remedy="save it as UTF-8") from error
    return ImportAnswer(added=await services.import_meters.run(text, file))
