"""Questions about the grid: which meters hang below a node, and what feeds a meter. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from headend.domain.metering import MeterInstallation
from headend.domain.topology import GridNode, NodeKind, SupplyLink, SupplyPath
from headend.ports import MeterRegistry, Topology


@dataclass(frozen=True, slots=True)
class Supply:
    """What feeds a meter at an instant, and every link that its usage point had."""

    path: SupplyPath
    history: Sequence[SupplyLink]


class ShowGrid:
    """Joins the topology with the registry."""

    def __init__(self, topology: Topology, registry: MeterRegistry) -> None:
        self._topology, self._registry = topology, registry

    async def nodes(self, kind: NodeKind | None = None) -> Sequence[GridNode]:
        """All nodes, or those of a kind, by name."""
        return await self._topology.nodes(kind)

    async def members(self, kind: NodeKind, name: str, at: datetime) -> Sequence[MeterInstallation]:
        """The installed meters whose usage points the node fed at that instant; UnknownNode."""
        node = await self._topology.node(kind, name)
        points = set((await self._topology.members(node.id, at)).tolist())
        return [one for one in await self._registry.installations() if one.usage_point.id in points]

    async def supply(self, installation_id: int, at: datetime) -> Supply:
        """What feeds a meter; UnknownMeter."""
        point = (await self._registry.installation(installation_id)).usage_point
        return Supply(await self._topology.path(point.id, at), await self._topology.history(point.id))
