"""`/health`: for load balancers and people. Tells a stranger nothing but the state."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access import CurrentUser, GuardedRoute, Services
from api.schemas.health import HealthAnswer, HealthDetails

router = APIRouter(prefix="/api/v1", tags=["health"], route_class=GuardedRoute)


@router.get("/health", responses={503: {"model": HealthAnswer, "description": "It cannot serve"}})
async def show_health(services: Services, user: CurrentUser, response: Response) -> HealthAnswer:
    """Whether the head-end is well: 503 when it cannot serve, details for those who have signed in."""
    health = await services.show_health.health()
    if not health.is_serving:
        response.status_code = 503
    return HealthAnswer(
        status="degraded" if health.problems else "ok",
        details=None
        if user is None
        else HealthDetails(
            now=health.now,
            is_spooling=health.is_spooling,
            problems=list(health.problems),
            loop_lag_p99_s=health.loop_lag_p99_s,
        ),
    )
