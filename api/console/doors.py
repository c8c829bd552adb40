"""`/sign-in`, `/sign-out`, `/language`: coming, going, and in which language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from api.access import GuardedRoute, Services
from api.console import words
from api.console.i18n import COOKIE, Language
from api.console.rendering import console_of, render
from api.problems import headers_of, problem_of
from api.refusals import TooManyAttempts
from api.routes.session import close_session, open_session
from api.session_token import clear_cookie, set_cookie
from headend.domain.errors import NotAuthorised

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
A_YEAR_S = 365 * 86400
Next = Annotated[str, Query(alias="next", max_length=500)]


@router.get("/sign-in")
async def show_sign_in(request: Request, onward: Next = "/") -> Response:
    """The form."""
    return render(request, "sign_in.html", onward=safe_path(onward), name="", text="")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: Services,
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    onward: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Let in, or say why not."""
    try:
        token, session, _ = await open_session(request, services, name, password)
    except (NotAuthorised, TooManyAttempts) as error:
        problem = problem_of(error)
        text = words.problem_words(problem.type, problem.status)
        context = {"onward": safe_path(onward), "name": name, "text": text}
        response: Response = console_of(request).page(request, "sign_in.html", context, status=problem.status)
        response.headers.update(headers_of(error))
        return response
    response = RedirectResponse(safe_path(onward), 303)
    set_cookie(request, response, token, session.expires_at - session.opened_at)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, services: Services) -> Response:
    """End the session."""
    await close_session(request, services)
    response = RedirectResponse("/sign-in", 303)
    clear_cookie(response)
    return response


@router.get("/language/{language}")
async def choose_language(language: Language, onward: Next = "/") -> Response:
    """Remember the language and go back."""
    response = RedirectResponse(safe_path(onward), 303)
    response.set_cookie(COOKIE, language, max_age=A_YEAR_S, samesite="lax", httponly=True)
    return response


def safe_path(onward: str) -> str:
    """A path of this server, never another site; the start page for anything else."""
    is_path = onward.startswith("/") and not onward.startswith(("//", "/\\")) and onward.isprintable()
    return onward if is_path else "/"
