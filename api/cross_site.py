"""Refuses what a page of another origin does with somebody's cookie (CSRF): one check for all unsafe methods."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem_of, respond
from api.refusals import CrossSiteRequest
from api.session_token import token_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteGuard:
    """ASGI middleware. A bearer token needs no check: no browser sends one on its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from our own pages or from a program."""
        if scope["type"] == "http" and scope["method"] not in SAFE and _is_foreign(Request(scope)):
            error = CrossSiteRequest(
                "this request does not come from a page of this server; use a bearer token instead"
            )
            await respond(problem_of(error))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(request: Request) -> bool:
    token = token_of(request)
    if token is not None and not token.is_cookie:
        return False
    told = is_same_origin(request.headers)
    return token is not None if told is None else not told


def is_same_origin(headers: Headers) -> bool | None:
    """What the browser tells of the page that asks; None when it tells nothing.

    `Sec-Fetch-Site` cannot be set by scripts; browsers send it to https and localhost only, `Origin` everywhere.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    return None
