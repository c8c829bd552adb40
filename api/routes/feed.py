"""`/feed`: what is being heard, as server-sent events."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sse_starlette import EventSourceResponse

from api.access import GuardedRoute, Services
from api.documented import Responses
from api.live import LiveStream
from api.services import ApiServices
from api.session_token import token_of
from headend.domain.errors import NotAuthorised, StoreUnavailable
from headend.domain.users import Permission

router = APIRouter(prefix="/api/v1", tags=["feed"], route_class=GuardedRoute)
STREAM: Responses = {
    200: {"description": "Events `beat` and `readings`, one a second", "content": {"text/event-stream": {}}}
}


@router.get("/feed", response_class=EventSourceResponse, responses={**STREAM})
async def watch(
    request: Request,
    services: Services,
    installation: Annotated[list[int], Query(max_length=200, description="only these meters; all without it")] = [],  # noqa: B006  # FastAPI copies it
) -> EventSourceResponse:
    """A beat a second with the meters heard since the last one. Nothing is replayed: `Last-Event-ID` is ignored."""
    is_stopping = request.app.state.is_stopping
    assert isinstance(is_stopping, asyncio.Event)
    stream = LiveStream(services.feed, services.clock, is_stopping, wanted=frozenset(map(str, installation)))

    async def is_welcome() -> bool:
        return await _may_still_watch(request, services)

    return EventSourceResponse(
        stream.events(is_welcome), data_sender_callable=stream.pump, send_timeout=10, cleanup_timeout=1
    )


async def _may_still_watch(request: Request, services: ApiServices) -> bool:
    token = token_of(request)
    try:
        if token is not None:
            await services.sign_in.permitted(token.text, Permission.VIEW)
    except NotAuthorised:
        return False
    except StoreUnavailable:
        return True  # a store that is away says nothing about the user
    return token is not None
