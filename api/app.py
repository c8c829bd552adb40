"""The web application of a head-end: routes, guards and error answers put together. Starts nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, FastAPI

from api import answers
from api.access import GuardedRoute
from api.body_limit import BodyLimit
from api.console import alarms as alarm_pages
from api.console import billing as billing_pages
from api.console import clocks as clock_pages
from api.console import doors, fleet, gap_day, gap_map, meter
from api.console import identity as identity_pages
from api.console import kpi as kpi_pages
from api.console import lines as line_pages
from api.console import parking as parking_pages
from api.console import routes as route_pages
from api.console import states as state_pages
from api.console import ways as way_pages
from api.console.rendering import Console
from api.console.static_files import STATIC_PATH, ConsoleFiles
from api.cross_site import CrossSiteGuard
from api.documented import openapi_of
from api.response_headers import ResponseHeaders
from api.routes import (
    billing,
    clocks,
    events,
    feed,
    gap_ledger,
    gaps,
    health,
    identity,
    kpi,
    lines,
    meter_states,
    meters,
    parking,
    plans,
    reading_routes,
    readings,
    session,
    topology,
    ways,
)
from api.services import ApiServices
from api.sign_in_limits import SignInLimits

VERSION = "1"
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    session.router,
    meters.router,
    parking.router,
    identity.router,
    clocks.router,
    meter_states.router,
    ways.router,
    topology.router,
    kpi.router,
    readings.router,
    gaps.router,
    gap_ledger.router,
    billing.router,
    lines.router,
    plans.router,
    reading_routes.router,
    events.router,
    feed.router,
    doors.router,
    fleet.router,
    meter.router,
    parking_pages.router,
    identity_pages.router,
    clock_pages.router,
    state_pages.router,
    way_pages.router,
    kpi_pages.router,
    gap_map.router,
    gap_day.router,
    line_pages.router,
    route_pages.router,
    alarm_pages.router,
    billing_pages.router,
)


def create_app(services: ApiServices) -> FastAPI:
    """The application; `serve_app` or any ASGI server runs it."""
    app = FastAPI(
        title="headend",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    app.state.sign_in_limits = SignInLimits()
    app.state.console = Console(services)
    app.state.is_stopping = asyncio.Event()
    for router in (*ROUTERS, _document_router(app)):
        app.include_router(router)
    app.mount(STATIC_PATH, ConsoleFiles())
    answers.install(app)
    for guard in (BodyLimit, CrossSiteGuard, ResponseHeaders):  # the last one added is the outermost
        app.add_middleware(guard)
    return app


def _document_router(app: FastAPI) -> APIRouter:
    router = APIRouter(route_class=GuardedRoute)

    @router.get("/api/v1/openapi.json", include_in_schema=False)
    async def show_openapi() -> dict[str, Any]:
        return openapi_of(app)

    return router
