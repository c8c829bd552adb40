"""`/routes`: reading routes, what they take, better ones, and their changes. Long computing goes into a thread."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import CurrentUser, GuardedRoute, Services
from api.csv_body import CSV_BODY, csv_text
from api.documented import problems
from api.parameters import MAX_ID
from api.schemas.reading_routes import (
    ArrangeRequest,
    ProposalAnswer,
    RouteAnswer,
    RoutePlanRequest,
    RoutesAnswer,
    ShownRouteAnswer,
    figures_answer,
    proposal_answer,
    route_answer,
    routes_answer,
)
from headend.domain.errors import ConfigError
from headend.domain.routes import MOST_READERS, RouteKind, RoutePlan
from headend.services.import_routes import RouteOrder

router = APIRouter(prefix="/api/v1", tags=["routes"], route_class=GuardedRoute)
RouteId = Annotated[int, Path(alias="id", ge=1, le=MAX_ID, description="number of the route")]


@router.get("/routes")
async def list_routes(services: Services) -> RoutesAnswer:
    """All routes with their stops, by name."""
    return routes_answer(await services.design_routes.all())


@router.post("/routes/import", status_code=201, responses=problems(409, 415), openapi_extra=CSV_BODY)
async def import_route(
    request: Request,
    services: Services,
    name: Annotated[str, Query(min_length=1, max_length=255)],
    kind: RouteKind,
    reader: Annotated[list[str] | None, Query(max_length=MOST_READERS, description="who walks; once for each")] = None,
    file: Annotated[str, Query(max_length=300, description="name of the file, for its errors")] = "route.csv",
) -> RouteAnswer:
    """Make a route of a CSV file of its stops: the whole file or nothing."""
    order = RouteOrder(name, kind, tuple(reader or ()))
    await services.import_routes.run(order, await csv_text(request, file), file)
    return route_answer(await services.design_routes.route(name))


@router.get("/routes/{id}", responses=problems(404))
async def show_route(services: Services, route_id: RouteId) -> ShownRouteAnswer:
    """A route, and what it takes as it is."""
    route = await services.design_routes.numbered(route_id)
    meters = await services.design_routes.meters()
    figures = await run_in_threadpool(services.design_routes.figures, route, meters)
    return ShownRouteAnswer(route=route_answer(route), figures=figures_answer(figures))


@router.post("/routes/{id}/proposal", responses=problems(404))
async def propose_route(services: Services, route_id: RouteId) -> ProposalAnswer:
    """The best order known for the same stops and readers. Nothing is changed; keep it with PUT .../stops."""
    route = await services.design_routes.numbered(route_id)
    meters = await services.design_routes.meters()
    return proposal_answer(await run_in_threadpool(services.design_routes.propose, route, meters))


@router.put("/routes/{id}/stops", responses=problems(404, 409))
async def arrange_route(services: Services, user: CurrentUser, route_id: RouteId, asked: ArrangeRequest) -> RouteAnswer:
    """Keep an order of the stops, and who goes to each."""
    route = await services.design_routes.numbered(route_id)
    stops = [(stop.name, stop.reader) for stop in asked.stops]
    by = user.name if user else ""
    return route_answer(await services.design_routes.arrange(route.name, stops, version=asked.version, by=by))


@router.put("/routes/{id}/plan", responses=problems(404, 409))
async def plan_route(services: Services, user: CurrentUser, route_id: RouteId, asked: RoutePlanRequest) -> RouteAnswer:
    """Keep window, dates, responsible person and readers."""
    route = await services.design_routes.numbered(route_id)
    try:
        plan = RoutePlan(asked.responsible, *asked.window, asked.valid_from, asked.valid_to)
    except ValueError as error:
        raise ConfigError(str(error), key="window_end", remedy="put the later one last") from error
    by = user.name if user else ""
    kept = await services.design_routes.plan(route.name, plan, asked.readers, version=asked.version, by=by)
    return route_answer(kept)


@router.delete("/routes/{id}", status_code=204, responses=problems(404))
async def remove_route(services: Services, user: CurrentUser, route_id: RouteId) -> Response:
    """Forget a route; its meters and boxes stay."""
    route = await services.design_routes.numbered(route_id)
    await services.design_routes.remove(route.name, user.name if user else "")
    return Response(status_code=204)
