"""How long a body may be: refused by its announced length, or as soon as it has grown too long. Keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_of, respond
from api.refusals import BodyTooLarge

USUAL_BYTES = 1_000_000
BYTES: Mapping[str, int] = dict.fromkeys(
    ("/api/v1/meters/import", "/api/v1/topology/import", "/api/v1/ways/import", "/api/v1/readings/import"), 64_000_000
)


class BodyLimit:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is short enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = BYTES.get(scope["path"], USUAL_BYTES)
        if _announced(scope) > limit:
            await respond(problem_of(_too_large(limit)), {"Connection": "close"})(scope, receive, send)
            return
        seen = 0

        async def counted_receive() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                # passes through the reading of a body unchanged, unlike other exceptions
                raise HTTPException(413, str(_too_large(limit)), {"Connection": "close"})
            return message

        await self._app(scope, counted_receive, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is longer than {limit} bytes")
