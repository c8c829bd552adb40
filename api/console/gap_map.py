"""`/gaps`: which meters miss readings on which days, the worst first, under one node of the grid if asked."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.access import GuardedRoute, Services
from api.console.rendering import render
from api.services import ApiServices
from headend.domain.errors import UnknownNode
from headend.domain.topology import NodeKind
from headend.queries.gap_days import GapDays

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
CHOICES, ROWS = (7, 14, 30), 60
Days = Annotated[int, Query(ge=1, le=31)]
Node = Annotated[str, Query(max_length=300, description="kind:name of a node")]


@router.get("/gaps")
async def show_gaps(request: Request, services: Services, days: Days = 14, node: Node = "") -> Response:
    """The page, with the same figures as a table."""
    return render(
        request,
        "gap_map.html",
        found=await _found(services, days, node),
        days=days,
        choices=CHOICES,
        node=node,
        nodes=await services.show_grid.nodes(),
        kinds=tuple(NodeKind),
    )


@router.get("/gaps/map")
async def show_map(services: Services, days: Days = 14, node: Node = "") -> Response:
    """The same as data for the drawing."""
    found = await _found(services, days, node)
    content = {
        "days": [day.strftime("%m-%d") for day in found.days],
        "dates": [day.isoformat() for day in found.days],
        "meters": [{"id": row.installation.id, "name": row.installation.usage_point.name} for row in found.rows],
        "missing": [list(row.missing) for row in found.rows],
    }
    return Response(orjson.dumps(content), media_type="application/json")


async def _found(services: ApiServices, days: int, node: str) -> GapDays:
    members = None
    kind, _, name = node.partition(":")
    if kind in tuple(NodeKind):
        try:
            under = await services.show_grid.members(NodeKind(kind), name, services.clock.now())
        except UnknownNode:  # an old bookmark still opens
            return await services.show_gap_days.of(days, ROWS, frozenset())
        members = frozenset(one.id for one in under)
    return await services.show_gap_days.of(days, ROWS, members)
