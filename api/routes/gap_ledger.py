"""`/gaps/ledger`: what is missing, why, when it is tried again; what was closed; and an order to try again now."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.access import GuardedRoute, Services
from api.documented import problems
from api.parameters import MAX_ID, Instant, OfInstallation, Skip
from api.refusals import AskedTooMuch
from api.schemas.gap_ledger import (
    ClosedGapsAnswer,
    OpenGapsAnswer,
    TryAgainAnswer,
    TryAgainRequest,
    closed_gap_answer,
    open_gap_answer,
)
from api.schemas.readings import Item
from headend.domain.gap_ledger import GapReason
from headend.domain.slot_runs import slot_of
from headend.ports import LedgerQuestion
from headend.services.export_tables import TableFile, TableFormat

router = APIRouter(prefix="/api/v1", tags=["gaps"], route_class=GuardedRoute)
EVERY_SLOT = 1 << 23
LONGEST_EXPORT = timedelta(days=100)


@router.get("/gaps/ledger", responses=problems(404))
async def list_open(
    services: Services,
    installation: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    reason: GapReason | None = None,
    skip: Skip = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> OpenGapsAnswer:
    """Open runs of one meter or of all; of one reason when it is given."""
    asked = LedgerQuestion()
    if installation is not None:
        await services.registry.installation(installation)
        asked = LedgerQuestion(installations=[installation])
    found = await services.show_gap_ledger.open(asked, reason)
    return OpenGapsAnswer(total=len(found), gaps=[open_gap_answer(gap) for gap in found[skip : skip + limit]])


@router.get("/gaps/why", responses=problems(404))
async def why(services: Services, installation: OfInstallation, start: Instant, end: Instant) -> OpenGapsAnswer:
    """Why there is nothing of a meter in [start, end): its open runs there, and its parked time."""
    found = await services.show_gap_ledger.why(installation, start, end)
    return OpenGapsAnswer(total=len(found), gaps=[open_gap_answer(gap) for gap in found])


@router.get("/gaps/closed", responses=problems(404))
async def list_closed(
    services: Services, installation: OfInstallation, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> ClosedGapsAnswer:
    """What was missing of a meter and is not any more: since when, and where it came from."""
    found = await services.show_gap_ledger.closed(installation, limit)
    return ClosedGapsAnswer(gaps=[closed_gap_answer(gap) for gap in found])


@router.post("/gaps/retry", responses=problems(404))
async def try_again(services: Services, asked: TryAgainRequest) -> TryAgainAnswer:
    """Make a meter's open runs due at once, final ones too; backfill asks when it has the line next."""
    await services.registry.installation(asked.installation)
    first = 0 if asked.start is None else slot_of(asked.start)
    end = EVERY_SLOT if asked.end is None else slot_of(asked.end)
    question = LedgerQuestion(first, end, [asked.installation])
    return TryAgainAnswer(slots=await services.keep_gap_ledger.try_again(question))


@router.get("/gaps/export", response_class=Response)
async def export_gaps(
    services: Services, table_format: Annotated[TableFormat, Query(alias="format")] = TableFormat.CSV
) -> Response:
    """The whole open ledger as a file."""
    file = await services.export_tables.gaps(table_format)
    return _attached(file)


@router.get("/readings/export", response_class=Response, responses=problems(404, 409), tags=["readings"])
async def export_readings(
    services: Services,
    start: Instant,
    end: Instant,
    reading_type: Annotated[Item, Query(alias="type")] = "active_energy_import",
    table_format: Annotated[TableFormat, Query(alias="format")] = TableFormat.CSV,
) -> Response:
    """A channel in [start, end) as a file, a row a meter and quarter of an hour; empty where nothing is known."""
    if not start < end:
        raise AskedTooMuch("end after start")
    if end - start > LONGEST_EXPORT:
        raise AskedTooMuch(f"ask for {LONGEST_EXPORT.days} days at most")
    file = await services.export_tables.readings(reading_type, start, end, table_format)
    return _attached(file)


def _attached(file: TableFile) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, headers=headers, media_type=file.media_type)
