"""`/routes`: every reading route, and one of them to look at, to rearrange and to improve. Changes go over the API."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import GuardedRoute, Services
from api.console.rendering import render
from api.routes.reading_routes import RouteId
from api.schemas.meters import without_password
from headend.domain.routes import RouteKind

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/routes")
async def show_routes(request: Request, services: Services) -> Response:
    """The page."""
    routes = await services.design_routes.all()
    return render(request, "routes.html", routes=routes, RouteKind=RouteKind)


@router.get("/routes/{id}")
async def show_route(request: Request, services: Services, route_id: RouteId) -> Response:
    """One route with what it takes."""
    route = await services.design_routes.numbered(route_id)
    meters = await services.design_routes.meters()
    figures = await run_in_threadpool(services.design_routes.figures, route, meters)
    return render(
        request,
        "route.html",
        route=route,
        figures=figures,
        line=without_password(route.line_url) if route.line_url else "",
        is_walk=route.kind is RouteKind.WALK,
    )
