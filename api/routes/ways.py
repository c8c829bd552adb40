"""`/meters/{id}/ways`, `/ways`, `/readings/import`: more ways to a meter, and what people read and bring by hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import CurrentUser, GuardedRoute, Services
from api.csv_body import CSV_BODY, csv_text
from api.documented import problems
from api.parameters import MAX_ID, InstallationId
from api.schemas.ways import (
    EntryRequest,
    FieldReadingAnswer,
    ReadingImportAnswer,
    WayRequest,
    WaysAnswer,
    WaysImportAnswer,
    field_reading_answer,
    import_answer,
    ways_answer,
)
from headend.domain.users import User

router = APIRouter(prefix="/api/v1", tags=["ways"], route_class=GuardedRoute)
File = Annotated[str, Query(max_length=255, description="name of the file, for its errors and its record")]


@router.get("/meters/{id}/ways", responses=problems(404))
async def list_ways(services: Services, installation_id: InstallationId) -> WaysAnswer:
    """The ways to a meter, which is used, since when, why, and how each has answered."""
    return ways_answer(await services.show_ways.page(installation_id))


@router.post("/meters/{id}/ways", status_code=201, responses=problems(404, 409))
async def add_way(
    services: Services, user: CurrentUser, installation_id: InstallationId, asked: WayRequest
) -> WaysAnswer:
    """One more way; it is tried when those with a lower rank do not answer."""
    await services.edit_ways.add(installation_id, asked.order(), _name(user))
    return ways_answer(await services.show_ways.page(installation_id))


@router.delete("/ways/{id}", responses=problems(404, 409))
async def end_way(
    services: Services,
    user: CurrentUser,
    way_id: Annotated[int, Path(alias="id", ge=1, le=MAX_ID, description="number of the way")],
) -> WaysAnswer:
    """End a way now; what came by it stays."""
    ended = await services.edit_ways.end(way_id, _name(user))
    return ways_answer(await services.show_ways.page(ended.installation_id))


@router.post("/ways/import", responses=problems(409, 415), openapi_extra=CSV_BODY)
async def import_ways(
    request: Request, services: Services, user: CurrentUser, file: File = "ways.csv"
) -> WaysImportAnswer:
    """Add all ways of a CSV file or none; every wrong cell is told with its line, column and remedy."""
    text = await csv_text(request, file)
    return WaysImportAnswer(added=await services.edit_ways.run(text, file, _name(user)))


@router.post("/readings/import", responses=problems(409, 415), openapi_extra=CSV_BODY)
async def import_readings(
    request: Request, services: Services, user: CurrentUser, file: File = "readings.csv"
) -> ReadingImportAnswer:
    """Keep all readings of a hand-held's file or none, and the file itself; the same file comes in once."""
    content = (await csv_text(request, file)).encode()
    return import_answer(await services.import_readings.run(content, file, _name(user)))


@router.get(
    "/readings/import/{id}", responses={200: {"content": {"text/csv": {}}}, **problems(404)}, response_class=Response
)
async def show_import(
    services: Services,
    import_id: Annotated[int, Path(alias="id", ge=1, le=MAX_ID, description="number of the import")],
) -> Response:
    """The imported file as it came, byte by byte."""
    file = await services.show_ways.file(import_id)
    return Response(file.content, media_type="text/csv", headers={"ETag": f'"{file.sha256}"'})


@router.post("/meters/{id}/readings", status_code=201, responses=problems(404, 409))
async def enter_reading(
    services: Services, user: CurrentUser, installation_id: InstallationId, asked: EntryRequest
) -> FieldReadingAnswer:
    """Enter a register by hand; it bears the source `manual` for ever."""
    return field_reading_answer(await services.enter_reading.enter(installation_id, asked.entry(), _name(user)))


def _name(user: User | None) -> str:
    return user.name if user else ""
