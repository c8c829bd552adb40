"""`/readings`: stored readings with their proof, and a remote read on the wire."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.access import GuardedRoute, Services
from api.documented import problems
from api.parameters import Instant, OfInstallation
from api.refusals import AskedTooMuch, UnknownFrame
from api.schemas.readings import (
    FrameAnswer,
    Item,
    ReadingsAnswer,
    ReadNowAnswer,
    ReadNowRequest,
    bulk_answer,
    frame_answer,
    read_now_answer,
)
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import LineDown, NoAnswer

router = APIRouter(prefix="/api/v1", tags=["readings"], route_class=GuardedRoute)
LONGEST_SPAN = timedelta(days=366)
MOST_ROWS = 100_000
ReadingTypes = Annotated[
    list[Item],
    Query(alias="type", min_length=1, max_length=16, description="names, OBIS codes or data identifiers"),
]


@router.get("/readings", response_model=ReadingsAnswer, responses=problems(404))
async def list_readings(
    services: Services,
    installation: OfInstallation,
    reading_types: ReadingTypes,
    start: Annotated[Instant, Query(description="from here on")],
    end: Annotated[Instant, Query(description="up to but not including")],
) -> Response:
    """The newest versions measured in [start, end), by type and time."""
    if not start < end <= start + LONGEST_SPAN:
        raise AskedTooMuch(f"end must be after start, by {LONGEST_SPAN.days} days at most")
    readings = await services.show_meter.series(installation, reading_types, start, end)
    if len(readings) > MOST_ROWS:
        raise AskedTooMuch(f"that is {len(readings)} readings, more than {MOST_ROWS}; ask for a shorter time")
    return bulk_answer(readings)


@router.get("/readings/history", response_model=ReadingsAnswer, responses=problems(404))
async def list_versions(
    services: Services,
    installation: OfInstallation,
    reading_type: Annotated[Item, Query(alias="type")],
    measured_at: Annotated[Instant, Query(description="the meter's time of the reading, exactly")],
) -> Response:
    """Every version of one reading, oldest first."""
    return bulk_answer(await services.show_meter.history(installation, reading_type, measured_at))


@router.get("/readings/frames/{frame_id}", responses=problems(404))
async def show_frame(services: Services, frame_id: Annotated[int, Path(ge=0, le=2**63 - 1)]) -> FrameAnswer:
    """The raw frame that proves a reading."""
    answer = frame_answer(await services.show_meter.frame(frame_id))
    if answer is None:
        raise UnknownFrame(f"no raw frame {frame_id}")
    return answer


@router.post("/readings/now", responses=problems(404, 429, 502, 504))
async def read_now(services: Services, asked: ReadNowRequest) -> ReadNowAnswer:
    """Read a meter on the wire; answers when its readings are durable. Items fail one by one, with their reason.

    A parked meter may be read so; `parked` says that it is.
    """
    answer = await services.read_now.read(asked.installation, asked.items)
    raise_if_silent(answer)
    return read_now_answer(answer, await services.park_meters.current(asked.installation))


def raise_if_silent(answer: MeterAnswer) -> None:
    """An answer without a word of the meter is none: LineDown, NoAnswer."""
    if answer.is_answered:
        return
    reason = next((result.reason for result in answer.results if result.reason), "")
    if any(result.error is ItemError.LINE_DOWN for result in answer.results):
        raise LineDown(reason or "the line to the meter is down")
    raise NoAnswer(reason or "the meter did not answer")
