"""`/session`: sign in and out. The answer sets a cookie for browsers and has the token for programs."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.access import GuardedRoute, Services
from api.documented import problems
from api.schemas.session import Credentials, SessionAnswer
from api.services import ApiServices
from api.session_token import clear_cookie, set_cookie, token_of
from api.sign_in_limits import SignInLimits
from headend.domain.users import Session, User

router = APIRouter(prefix="/api/v1", tags=["session"], route_class=GuardedRoute)


@router.post("/session", status_code=201, responses=problems(401, 429, 503))
async def sign_in(credentials: Credentials, request: Request, response: Response, services: Services) -> SessionAnswer:
    """Sign in; at most 5 attempts a minute for an account and 20 from an address."""
    token, session, user = await open_session(request, services, credentials.name, credentials.password)
    set_cookie(request, response, token, session.expires_at - session.opened_at)
    return SessionAnswer(token=token, user=user.name, role=user.role, expires_at=session.expires_at)


@router.delete("/session", status_code=204)
async def sign_out(request: Request, services: Services) -> Response:
    """Sign out: the token is worth nothing from now on."""
    response = Response(status_code=204)
    await close_session(request, services)
    clear_cookie(response)
    return response


async def open_session(request: Request, services: ApiServices, name: str, password: str) -> tuple[str, Session, User]:
    """The one way in: counted, then checked. TooManyAttempts, NotAuthorised."""
    limits = request.app.state.sign_in_limits
    assert isinstance(limits, SignInLimits)
    await limits.admit(name, request.client.host if request.client else "")
    token, session = await services.sign_in.sign_in(name, password)
    await limits.forgive(name)
    return token, session, await services.sign_in.user_of(token)


async def close_session(request: Request, services: ApiServices) -> None:
    """End the session of this request, if it has one."""
    token = token_of(request)
    if token is not None:
        await services.sign_in.sign_out(token.text)
