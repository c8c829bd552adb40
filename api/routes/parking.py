"""`/meters/{id}/parking`: nothing is expected of a meter for a while; its history stays."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import CurrentUser, GuardedRoute, Services
from api.documented import problems
from api.parameters import InstallationId
from api.schemas.parking import ParkingAnswer, ParkingRequest, ParkingsAnswer, parking_answer, parkings_answer
from headend.services.park_meters import ParkingOrder

router = APIRouter(prefix="/api/v1", tags=["meters"], route_class=GuardedRoute)


@router.get("/meters/{id}/parking", responses=problems(404))
async def show_parking(services: Services, installation_id: InstallationId) -> ParkingsAnswer:
    """Whether the meter is parked, and was."""
    history = await services.park_meters.history(installation_id)
    return parkings_answer(await services.park_meters.current(installation_id), history)


@router.post("/meters/{id}/parking", status_code=201, responses=problems(404, 409))
async def park_meter(
    services: Services, user: CurrentUser, installation_id: InstallationId, asked: ParkingRequest
) -> ParkingAnswer:
    """Park a meter: it is neither polled nor counted until its end, or until somebody takes it back."""
    order = ParkingOrder(asked.reason, user.name if user else "", asked.note, asked.since, asked.until)
    return parking_answer(await services.park_meters.park(installation_id, order))


@router.delete("/meters/{id}/parking", responses=problems(404, 409))
async def unpark_meter(services: Services, user: CurrentUser, installation_id: InstallationId) -> ParkingAnswer:
    """Take it back: it is polled and counted from now on."""
    return parking_answer(await services.park_meters.unpark(installation_id, user.name if user else ""))
