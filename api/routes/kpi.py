"""`/kpi`: figures as they were computed, the meters behind them, and computing a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import CurrentUser, GuardedRoute, Services
from api.documented import problems
from api.parameters import MAX_ID, Skip
from api.refusals import AskedTooMuch
from api.schemas.kpi import ComputedAnswer, KpiMetersAnswer, KpisAnswer, computation_answer, kpis_answer, meters_answer
from headend.domain.kpi import ScopeKind
from headend.queries.kpi import Outcome, Scope

router = APIRouter(prefix="/api/v1", tags=["kpi"], route_class=GuardedRoute)
MOST_DAYS, USUAL_DAYS = 400, 30
FIRST_YEAR, LAST_YEAR = 2000, 2200
KpiId = Annotated[str, Path(alias="id", max_length=60)]
Day = Annotated[date, Path(description="a calendar day of the site")]
OfScope = Annotated[int | None, Query(ge=0, le=MAX_ID, description="one scope; all of the kind without it")]


@router.get("/kpi")
async def list_kpis(
    services: Services,
    start: Annotated[date | None, Query(description="first day; 30 days before the last without it")] = None,
    end: Annotated[date | None, Query(description="last day, among the answer; yesterday without it")] = None,
    scope_kind: ScopeKind = ScopeKind.UTILITY,
    scope: OfScope = None,
) -> KpisAnswer:
    """Definitions, and the figures in force between two days."""
    last = checked(end or services.clock.now().astimezone(services.zone).date() - timedelta(days=1))
    first = checked(start or last - timedelta(days=USUAL_DAYS - 1))
    if not first <= last <= first + timedelta(days=MOST_DAYS):
        raise AskedTooMuch(f"end must not be before start, nor {MOST_DAYS} days after it")
    points = await services.show_kpis.of_kind(first, last, scope_kind)
    points = [point for point in points if scope in (None, point.figure.scope_id)]
    return kpis_answer(services.show_kpis.definitions, points)


@router.get("/kpi/{id}/{day}/meters", responses=problems(404))
async def list_kpi_meters(
    services: Services,
    kpi: KpiId,
    day: Day,
    scope_kind: ScopeKind = ScopeKind.UTILITY,
    scope: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    outcome: Outcome = Outcome.MISSED,
    skip: Skip = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> KpiMetersAnswer:
    """The meters that make a figure: those that missed something, those not counted and why, those complete."""
    page = slice(skip, skip + limit)
    detail = await services.show_kpis.detail(kpi, checked(day), Scope(scope_kind, scope), outcome, page=page)
    return meters_answer(detail)


@router.post("/kpi/{day}", responses=problems(409))
async def compute_kpis(services: Services, user: CurrentUser, day: Day) -> ComputedAnswer:
    """Compute what has no figures for this day yet, by the definitions that were valid on it."""
    done = await services.compute_kpis.compute(checked(day), user.name if user else "")
    return ComputedAnswer(computed=[computation_answer(one) for one in done])


@router.post("/kpi/{id}/{day}", responses=problems(404, 409))
async def recompute_kpi(
    services: Services,
    user: CurrentUser,
    kpi: KpiId,
    day: Day,
    version: Annotated[int | None, Query(ge=1, le=MAX_ID, description="the valid one of that day without it")] = None,
) -> ComputedAnswer:
    """Compute a KPI once more from what is stored now; the figures that were there stay in the history."""
    done = await services.compute_kpis.recompute(checked(day), kpi, version, user.name if user else "")
    return ComputedAnswer(computed=[computation_answer(done)])


def checked(day: date) -> date:
    """A day that a calendar of this system can hold; AskedTooMuch."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise AskedTooMuch(f"ask for days of the years {FIRST_YEAR} to {LAST_YEAR}")
    return day
