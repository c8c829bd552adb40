"""`/billing-batches`: close a period, look at what was frozen, hand out the file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.access import GuardedRoute, Services
from api.documented import Responses, problems
from api.parameters import MAX_ID
from api.schemas.billing import BatchAnswer, BatchDetail, PeriodToClose, batch_answer, batch_detail
from headend.services.export_billing import ExportedFile

router = APIRouter(prefix="/api/v1", tags=["billing"], route_class=GuardedRoute)
BatchId = Annotated[int, Path(alias="id", ge=1, le=MAX_ID)]
FILE: Responses = {200: {"description": "The file; the same bytes every time", "content": {"text/csv": {}}}}


@router.post("/billing-batches", status_code=201, responses=problems(409))
async def close_period(services: Services, asked: PeriodToClose, response: Response) -> BatchAnswer:
    """Close a month: freeze what can be defended, refuse the rest with reasons."""
    batch = await services.close_billing.close(asked.period)
    response.headers["Location"] = f"/api/v1/billing-batches/{batch.id}"
    return batch_answer(batch)


@router.get("/billing-batches")
async def list_batches(services: Services) -> list[BatchAnswer]:
    """Closed batches, newest first."""
    return [batch_answer(batch) for batch in await services.ledger.batches()]


@router.get("/billing-batches/{id}", responses=problems(404))
async def show_batch(services: Services, batch_id: BatchId) -> BatchDetail:
    """One batch with its lines and refusals."""
    batch = await services.ledger.batch(batch_id)
    return batch_detail(batch, await services.ledger.lines(batch_id), await services.ledger.refusals(batch_id))


@router.get("/billing-batches/{id}/export", response_class=Response, responses={**problems(404, 409), **FILE})
async def export_batch(
    services: Services,
    batch_id: BatchId,
    file_format: Annotated[str, Query(alias="format", max_length=20)] = "csv",
) -> Response:
    """The file of a batch; refused when the batch no longer matches its hash."""
    return file_response(await services.export_billing.export(batch_id, file_format))


def file_response(file: ExportedFile) -> Response:
    """The bytes as a download."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, headers=headers, media_type=file.media_type)
