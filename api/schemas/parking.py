"""Shapes of parking: the order, and what is and was parked."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Instant
from headend.domain.parking import Parking, ParkingReason


class ParkingRequest(BaseModel):
    """Why, and until when; open-ended without `until`, from now on without `since`, which may not lie ahead."""

    model_config = ConfigDict(extra="forbid")

    reason: ParkingReason
    note: str = Field(default="", max_length=1000)
    since: Instant | None = None
    until: Instant | None = None


class ParkingAnswer(BaseModel):
    """One parking. `ended_at` is when it was over; `ended_by` is empty when the meter came back by itself."""

    installation: int
    reason: ParkingReason
    note: str
    parked_by: str
    since: Instant
    until: Instant | None
    ended_at: Instant | None
    ended_by: str


class ParkingsAnswer(BaseModel):
    """The parking that holds now, and all there were, newest first."""

    current: ParkingAnswer | None
    history: list[ParkingAnswer]


def parking_answer(parking: Parking) -> ParkingAnswer:
    """One parking."""
    return ParkingAnswer(
        installation=parking.installation_id,
        reason=parking.reason,
        note=parking.note,
        parked_by=parking.parked_by,
        since=parking.since,
        until=parking.until,
        ended_at=parking.ended_at,
        ended_by=parking.ended_by,
    )


def parkings_answer(current: Parking | None, history: Sequence[Parking]) -> ParkingsAnswer:
    """All of a meter."""
    return ParkingsAnswer(
        current=None if current is None else parking_answer(current), history=[*map(parking_answer, history)]
    )
