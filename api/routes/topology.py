"""`/topology`: the grid between substation and meter, with dates; import from CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.access import GuardedRoute, Services
from api.csv_body import CSV_BODY, csv_text
from api.documented import problems
from api.parameters import InstallationId, Instant
from api.schemas.topology import (
    MembersAnswer,
    NodesAnswer,
    SupplyAnswer,
    TopologyImportAnswer,
    members_answer,
    nodes_answer,
    supply_answer,
)
from headend.domain.topology import NodeKind

router = APIRouter(prefix="/api/v1", tags=["topology"], route_class=GuardedRoute)
At = Annotated[Instant | None, Query(description="the instant that is asked about; now without it")]


@router.get("/topology/nodes")
async def list_nodes(services: Services, kind: Annotated[NodeKind | None, Query()] = None) -> NodesAnswer:
    """Substations, feeders, transformers and meter boxes, by name."""
    return nodes_answer(await services.show_grid.nodes(kind))


@router.get("/topology/members", responses=problems(404))
async def list_members(
    services: Services,
    kind: NodeKind,
    name: Annotated[str, Query(min_length=1, max_length=255)],
    at: At = None,
) -> MembersAnswer:
    """The installed meters that a node feeds at an instant, however far below."""
    return members_answer(await services.show_grid.members(kind, name, at or services.clock.now()))


@router.get("/meters/{id}/supply", responses=problems(404))
async def show_supply(services: Services, installation_id: InstallationId, at: At = None) -> SupplyAnswer:
    """What feeds a meter at an instant, up to the substation, and what fed its usage point before."""
    return supply_answer(await services.show_grid.supply(installation_id, at or services.clock.now()))


@router.post("/topology/import", responses=problems(409, 415), openapi_extra=CSV_BODY)
async def import_topology(
    request: Request,
    services: Services,
    file: Annotated[str, Query(max_length=300, description="name of the file, for its errors")] = "topology.csv",
) -> TopologyImportAnswer:
    """Place nodes and usage points from dates on: all rows of a CSV file or none."""
    return TopologyImportAnswer(changed=await services.import_topology.run(await csv_text(request, file), file))
