"""Applies placements within one transaction: nodes made where they lack, links closed and opened, none overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict
from headend.domain.instants import iso
from headend.domain.topology import FED_BY, NodeKind, NodePlacement, Placement, SupplyPlacement
from headend.stores.state.models import GridLinkRow, GridNodeRow, SupplyLinkRow, UsagePointRow

Link = GridLinkRow | SupplyLinkRow


class Placements:
    """What is linked now, by its natural names; made once in a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._nodes = {(row.kind, row.name): row.id for row in session.scalars(select(GridNodeRow))}
        points = session.execute(select(UsagePointRow.name, UsagePointRow.id))
        self._points: dict[str, int] = {row.name: row.id for row in points}
        grid = session.scalars(select(GridLinkRow).where(GridLinkRow.valid_to.is_(None)))
        supply = session.scalars(select(SupplyLinkRow).where(SupplyLinkRow.valid_to.is_(None)))
        self._grid: dict[int, GridLinkRow] = {row.node_id: row for row in grid}
        self._supply: dict[int, SupplyLinkRow] = {row.usage_point_id: row for row in supply}

    def apply(self, placements: Sequence[Placement]) -> int:
        """How many changed something; Conflict names the first that cannot be."""
        changed = 0
        for position, placement in enumerate(placements, start=1):
            try:
                is_change = self._node(placement) if isinstance(placement, NodePlacement) else self._supplied(placement)
            except Conflict as error:
                raise Conflict(f"placement {position}: {error}") from error
            changed += is_change
        self._session.flush()
        return changed

    def _node(self, wanted: NodePlacement) -> bool:
        is_new = (wanted.kind.value, wanted.name) not in self._nodes
        node = self._node_id(wanted.kind, wanted.name)
        above = FED_BY[wanted.kind]
        if above is None:
            return is_new
        parent, held = self._node_id(above, wanted.parent), self._grid.get(node)
        if held is not None and held.parent_id == parent:
            return is_new
        self._close(held, wanted.valid_from, f"{wanted.kind} {wanted.name}")
        self._grid[node] = GridLinkRow(node_id=node, parent_id=parent, valid_from=wanted.valid_from)
        self._session.add(self._grid[node])
        return True

    def _supplied(self, wanted: SupplyPlacement) -> bool:
        point = self._points.get(wanted.usage_point)
        if point is None:
            raise Conflict(f"there is no usage point {wanted.usage_point}")
        node, held = self._node_id(wanted.node_kind, wanted.node), self._supply.get(point)
        if held is not None and (held.node_id, held.phase) == (node, wanted.phase):
            return False
        self._close(held, wanted.valid_from, f"usage point {wanted.usage_point}")
        row = SupplyLinkRow(usage_point_id=point, node_id=node, phase=wanted.phase.value, valid_from=wanted.valid_from)
        self._supply[point] = row
        self._session.add(row)
        return True

    def _close(self, held: Link | None, at: datetime, who: str) -> None:
        if held is None:
            return
        if at <= held.valid_from:
            since = iso(held.valid_from)
            raise Conflict(f"{who} is fed otherwise since {since}; a change begins after that")
        held.valid_to = at
        self._session.flush()  # before the next one opens: a child has one open link

    def _node_id(self, kind: NodeKind, name: str) -> int:
        key = (kind.value, name)
        if key not in self._nodes:
            row = GridNodeRow(kind=kind.value, name=name)
            self._session.add(row)
            self._session.flush()
            self._nodes[key] = row.id
        return self._nodes[key]
