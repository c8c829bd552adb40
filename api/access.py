"""Who may call which route. Every route is closed until it stands in ACCESS; one without an entry cannot be built."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.services import ApiServices
from api.session_token import token_of
from headend.domain.errors import NotAuthorised, StoreUnavailable
from headend.domain.users import Permission, User


class Door(StrEnum):
    """A route that asks for no permission: open to everybody, or to everybody who has signed in."""

    OPEN = "open"
    SIGNED_IN = "signed_in"


ACCESS: Mapping[str, Permission | Door] = {
    "GET /api/v1/openapi.json": Door.OPEN,
    "GET /api/v1/health": Door.OPEN,
    "POST /api/v1/session": Door.OPEN,
    "DELETE /api/v1/session": Door.SIGNED_IN,
    "GET /api/v1/meters": Permission.VIEW,
    "GET /api/v1/meters/{id}": Permission.VIEW,
    "POST /api/v1/meters/import": Permission.MANAGE_METERS,
    "GET /api/v1/meters/{id}/parking": Permission.VIEW,
    "POST /api/v1/meters/{id}/parking": Permission.MANAGE_METERS,
    "DELETE /api/v1/meters/{id}/parking": Permission.MANAGE_METERS,
    "GET /api/v1/identity-cases": Permission.VIEW,
    "GET /api/v1/meters/{id}/identity": Permission.VIEW,
    "POST /api/v1/meters/{id}/exchange": Permission.MANAGE_METERS,
    "POST /api/v1/meters/{id}/identity/confirm": Permission.MANAGE_METERS,
    "POST /api/v1/meters/{id}/identity/reject": Permission.MANAGE_METERS,
    "GET /api/v1/meters/{id}/ways": Permission.VIEW,
    "POST /api/v1/meters/{id}/ways": Permission.MANAGE_METERS,
    "DELETE /api/v1/ways/{id}": Permission.MANAGE_METERS,
    "POST /api/v1/ways/import": Permission.MANAGE_METERS,
    "POST /api/v1/readings/import": Permission.MANAGE_METERS,
    "GET /api/v1/readings/import/{id}": Permission.VIEW,
    "POST /api/v1/meters/{id}/readings": Permission.MANAGE_METERS,
    "GET /api/v1/clocks": Permission.VIEW,
    "GET /api/v1/meters/{id}/clock": Permission.VIEW,
    "POST /api/v1/meters/{id}/clock/correction": Permission.MANAGE_METERS,
    "GET /api/v1/meter-states": Permission.VIEW,
    "GET /api/v1/drafts": Permission.VIEW,
    "POST /api/v1/drafts/{id}/accept": Permission.DECIDE_DRAFTS,
    "POST /api/v1/drafts/{id}/dismiss": Permission.DECIDE_DRAFTS,
    "GET /api/v1/meters/{id}/supply": Permission.VIEW,
    "GET /api/v1/topology/nodes": Permission.VIEW,
    "GET /api/v1/topology/members": Permission.VIEW,
    "POST /api/v1/topology/import": Permission.MANAGE_METERS,
    "GET /api/v1/plans": Permission.VIEW,
    "GET /api/v1/special-reads": Permission.VIEW,
    "POST /api/v1/special-reads": Permission.MANAGE_METERS,
    "DELETE /api/v1/special-reads/{id}": Permission.MANAGE_METERS,
    "GET /api/v1/routes": Permission.VIEW,
    "POST /api/v1/routes/import": Permission.MANAGE_METERS,
    "GET /api/v1/routes/{id}": Permission.VIEW,
    "POST /api/v1/routes/{id}/proposal": Permission.MANAGE_METERS,
    "PUT /api/v1/routes/{id}/stops": Permission.MANAGE_METERS,
    "PUT /api/v1/routes/{id}/plan": Permission.MANAGE_METERS,
    "DELETE /api/v1/routes/{id}": Permission.MANAGE_METERS,
    "GET /api/v1/kpi": Permission.VIEW,
    "GET /api/v1/kpi/{id}/{day}/meters": Permission.VIEW,
    "POST /api/v1/kpi/{day}": Permission.COMPUTE_KPI,
    "POST /api/v1/kpi/{id}/{day}": Permission.COMPUTE_KPI,
    "GET /api/v1/readings": Permission.VIEW,
    "GET /api/v1/readings/history": Permission.VIEW,
    "GET /api/v1/readings/export": Permission.VIEW,
    "GET /api/v1/readings/frames/{frame_id}": Permission.VIEW,
    "POST /api/v1/readings/now": Permission.READ_NOW,
    "GET /api/v1/gaps": Permission.VIEW,
    "GET /api/v1/gaps/ledger": Permission.VIEW,
    "GET /api/v1/gaps/why": Permission.VIEW,
    "GET /api/v1/gaps/closed": Permission.VIEW,
    "GET /api/v1/gaps/export": Permission.VIEW,
    "POST /api/v1/gaps/retry": Permission.READ_NOW,
    "POST /api/v1/billing-batches": Permission.CLOSE_BILLING,
    "GET /api/v1/billing-batches": Permission.VIEW,
    "GET /api/v1/billing-batches/{id}": Permission.VIEW,
    "GET /api/v1/billing-batches/{id}/export": Permission.VIEW,
    "GET /api/v1/lines": Permission.VIEW,
    "GET /api/v1/events": Permission.VIEW,
    "GET /api/v1/feed": Permission.VIEW,
    "GET /sign-in": Door.OPEN,
    "POST /sign-in": Door.OPEN,
    "POST /sign-out": Door.SIGNED_IN,
    "GET /language/{language}": Door.OPEN,
    "GET /": Permission.VIEW,
    "GET /meters/{id}": Permission.VIEW,
    "GET /meters/{id}/curve": Permission.VIEW,
    "POST /meters/{id}/read-now": Permission.READ_NOW,
    "GET /frames/{frame_id}": Permission.VIEW,
    "POST /meters/{id}/park": Permission.MANAGE_METERS,
    "POST /meters/{id}/unpark": Permission.MANAGE_METERS,
    "POST /meters/{id}/enter": Permission.MANAGE_METERS,
    "POST /meters/{id}/identity/confirm": Permission.MANAGE_METERS,
    "POST /meters/{id}/identity/reject": Permission.MANAGE_METERS,
    "POST /meters/{id}/clock/correct": Permission.MANAGE_METERS,
    "GET /states": Permission.VIEW,
    "POST /drafts/{id}/accept": Permission.DECIDE_DRAFTS,
    "POST /drafts/{id}/dismiss": Permission.DECIDE_DRAFTS,
    "GET /kpi": Permission.VIEW,
    "GET /kpi/points": Permission.VIEW,
    "GET /kpi/{id}/{day}": Permission.VIEW,
    "GET /gaps": Permission.VIEW,
    "GET /gaps/map": Permission.VIEW,
    "GET /gaps/meters/{id}/{day}": Permission.VIEW,
    "POST /gaps/meters/{id}/{day}/retry": Permission.READ_NOW,
    "GET /routes": Permission.VIEW,
    "GET /routes/{id}": Permission.VIEW,
    "GET /alarms": Permission.VIEW,
    "GET /alarms/{code}": Permission.VIEW,
    "GET /lines": Permission.VIEW,
    "GET /lines/{id}": Permission.VIEW,
    "GET /lines/{id}/latency": Permission.VIEW,
    "GET /billing": Permission.VIEW,
    "POST /billing": Permission.CLOSE_BILLING,
    "GET /billing/{id}": Permission.VIEW,
}


class GuardedRoute(APIRoute):
    """A route that asks ACCESS before it reads anything of the request but its headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind its guard; LookupError for a route that ACCESS does not know."""
        handler = super().get_route_handler()
        required = {method: ACCESS[f"{method} {self.path}"] for method in self.methods or ()}

        async def guarded(request: Request) -> Response:
            request.state.user = await _admitted(request, required[request.method])
            return await handler(request)

        return guarded


async def _admitted(request: Request, required: Permission | Door) -> User | None:
    sign_in = services_of(request).sign_in
    token = token_of(request)
    if required is Door.OPEN:
        return await _known(request)
    if token is None:
        raise NotAuthorised("sign in first")
    if isinstance(required, Permission):
        return await sign_in.permitted(token.text, required)
    return await sign_in.user_of(token.text)


async def _known(request: Request) -> User | None:
    """Who it is, if that can be told; an open route stays open when it cannot."""
    token = token_of(request)
    if token is None:
        return None
    try:
        return await services_of(request).sign_in.user_of(token.text)
    except (NotAuthorised, StoreUnavailable):
        return None


def services_of(request: Request) -> ApiServices:
    """What the application was made with."""
    services = request.app.state.services
    assert isinstance(services, ApiServices)
    return services


def user_of(request: Request) -> User | None:
    """Who the guard has found."""
    user = request.state.user
    assert user is None or isinstance(user, User)
    return user


Services = Annotated[ApiServices, Depends(services_of)]
CurrentUser = Annotated[User | None, Depends(user_of)]
