"""Port Topology: grid nodes and dated links; members and paths by recursive queries. Overwrites no link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import CTE, BigInteger, ColumnElement, and_, cast, literal, or_, select
from sqlalchemy.orm import Session

from headend.domain.errors import UnknownNode
from headend.domain.readings import Ints
from headend.domain.topology import GridNode, NodeKind, Phase, Placement, SupplyLink, SupplyPath
from headend.stores.state.columns import by_code_point
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import GridLinkRow, GridNodeRow, SupplyLinkRow
from headend.stores.state.placements import Placements

Linked = type[GridLinkRow] | type[SupplyLinkRow]


class SqlTopology:
    """The grid with dates."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def place(self, placements: Sequence[Placement]) -> int:
        """Apply all or none in their order; returns how many changed something."""

        def apply(session: Session) -> int:
            return Placements(session).apply(placements)

        return await self._database.write(apply)

    async def nodes(self, kind: NodeKind | None = None) -> Sequence[GridNode]:
        """All nodes, or those of a kind, by name."""
        query = select(GridNodeRow).order_by(by_code_point(GridNodeRow.name), GridNodeRow.id)
        if kind is not None:
            query = query.where(GridNodeRow.kind == kind.value)
        return await self._database.read(lambda session: [_node(row) for row in session.scalars(query)])

    async def node(self, kind: NodeKind, name: str) -> GridNode:
        """One node; UnknownNode if there is none."""
        query = select(GridNodeRow).where(GridNodeRow.kind == kind.value, GridNodeRow.name == name)

        def find(session: Session) -> GridNode:
            row = session.scalar(query)
            if row is None:
                raise UnknownNode(f"no {kind.replace('_', ' ')} {name!r}")
            return _node(row)

        return await self._database.read(find)

    async def members(self, node_id: int, at: datetime) -> Ints:
        """The sorted ids of all usage points that the node feeds at an instant, however far below."""
        below = _below(node_id, at)
        query = (
            select(SupplyLinkRow.usage_point_id)
            .join(below, SupplyLinkRow.node_id == below.c.id)
            .where(holds(SupplyLinkRow, at))
            .order_by(SupplyLinkRow.usage_point_id)
        )
        return await self._database.read(lambda session: np.array(session.scalars(query).all(), np.int64))

    async def path(self, usage_point_id: int, at: datetime) -> SupplyPath:
        """What feeds a usage point at an instant, up to the substation; empty when nothing is known."""
        above = _above(usage_point_id, at)
        query = (
            select(GridNodeRow.id, GridNodeRow.kind, GridNodeRow.name, above.c.phase)
            .join(above, GridNodeRow.id == above.c.id)
            .order_by(above.c.depth)
        )

        def find(session: Session) -> SupplyPath:
            rows = session.execute(query).all()
            nodes = tuple(GridNode(row.id, NodeKind(row.kind), row.name) for row in rows)
            return SupplyPath(nodes, Phase(rows[0].phase) if rows else None)

        return await self._database.read(find)

    async def history(self, usage_point_id: int) -> Sequence[SupplyLink]:
        """Every link that the usage point had, oldest first."""
        query = (
            select(SupplyLinkRow, GridNodeRow)
            .join(GridNodeRow, SupplyLinkRow.node_id == GridNodeRow.id)
            .where(SupplyLinkRow.usage_point_id == usage_point_id)
            .order_by(SupplyLinkRow.valid_from)
        )
        return await self._database.read(lambda session: [_link(*row) for row in session.execute(query)])


def holds(link: Linked, at: datetime) -> ColumnElement[bool]:
    """The link holds at that instant."""
    return and_(link.valid_from <= at, or_(link.valid_to.is_(None), link.valid_to > at))


def _below(node_id: int, at: datetime) -> CTE:
    """The node and all that it feeds."""
    start = cast(literal(node_id), BigInteger)  # PostgreSQL wants both halves of the type of the keys
    below = select(start.label("id")).cte("below", recursive=True)
    fed = select(GridLinkRow.node_id).join(below, GridLinkRow.parent_id == below.c.id).where(holds(GridLinkRow, at))
    return below.union(fed)


def _above(usage_point_id: int, at: datetime) -> CTE:
    """All nodes that feed the usage point, with how far they are."""
    first = select(SupplyLinkRow.node_id.label("id"), literal(0).label("depth"), SupplyLinkRow.phase)
    first = first.where(SupplyLinkRow.usage_point_id == usage_point_id, holds(SupplyLinkRow, at))
    above = first.cte("above", recursive=True)
    feeding = select(GridLinkRow.parent_id, above.c.depth + 1, above.c.phase)
    feeding = feeding.join(above, GridLinkRow.node_id == above.c.id).where(holds(GridLinkRow, at))
    return above.union(feeding)


def _node(row: GridNodeRow) -> GridNode:
    return GridNode(row.id, NodeKind(row.kind), row.name)


def _link(link: SupplyLinkRow, node: GridNodeRow) -> SupplyLink:
    return SupplyLink(link.usage_point_id, _node(node), Phase(link.phase), link.valid_from, link.valid_to)
