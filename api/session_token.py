"""How a request proves who sends it: `Authorization: Bearer` for programs, a cookie for browsers. Checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "headend_session"


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A token as it came; an Authorization header wins over the cookie, so that no cookie helps a wrong header."""

    text: str
    is_cookie: bool


def token_of(request: Request) -> SessionToken | None:
    """The token of a request, valid or not."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, text = header.partition(" ")
        return SessionToken(text.strip() if scheme.lower() == "bearer" else "", is_cookie=False)
    cookie = request.cookies.get(COOKIE)
    return SessionToken(cookie, is_cookie=True) if cookie else None


def set_cookie(request: Request, response: Response, token: str, lives: timedelta) -> None:
    """Let the browser keep the token, out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(lives.total_seconds()),  # the browser's clock need not be right
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def clear_cookie(response: Response) -> None:
    """Let the browser forget it."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
