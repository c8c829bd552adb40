"""The grid between substation and customer, with dates: nodes, who feeds whom, on which phase. No storage, no I/O.

A link holds from `valid_from` up to but not including `valid_to`; a change closes one link and opens the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NodeKind(StrEnum):
    """What stands between the transmission grid and a usage point, from the top down."""

    SUBSTATION = "substation"
    FEEDER = "feeder"
    TRANSFORMER = "transformer"
    METER_BOX = "meter_box"


class Phase(StrEnum):
    """The phase of the transformer that feeds a usage point; ABC for a three-phase one."""

    A = "A"
    B = "B"
    C = "C"
    ABC = "ABC"


FED_BY: Mapping[NodeKind, NodeKind | None] = {
    NodeKind.SUBSTATION: None,
    NodeKind.FEEDER: NodeKind.SUBSTATION,
    NodeKind.TRANSFORMER: NodeKind.FEEDER,
    NodeKind.METER_BOX: NodeKind.TRANSFORMER,
}
FEEDS_CUSTOMERS: tuple[NodeKind, ...] = (NodeKind.METER_BOX, NodeKind.TRANSFORMER)


@dataclass(frozen=True, slots=True)
class GridNode:
    """A substation, feeder, transformer or meter box; its name is the only one of its kind."""

    id: int
    kind: NodeKind
    name: str


@dataclass(frozen=True, slots=True)
class NodePlacement:
    """From `valid_from` on, this node is fed by `parent`, a node of the kind above; a substation by nothing."""

    kind: NodeKind
    name: str
    parent: str
    valid_from: datetime

    def __post_init__(self) -> None:
        _require_aware(self.valid_from)
        if not self.name:
            raise ValueError("a node has a name")
        if (FED_BY[self.kind] is None) != (not self.parent):
            raise ValueError(f"a {self.kind} is fed by {FED_BY[self.kind] or 'nothing of ours'}")


@dataclass(frozen=True, slots=True)
class SupplyPlacement:
    """From `valid_from` on, this usage point is fed by a meter box or a transformer, on this phase."""

    usage_point: str
    node_kind: NodeKind
    node: str
    phase: Phase
    valid_from: datetime

    def __post_init__(self) -> None:
        _require_aware(self.valid_from)
        if self.node_kind not in FEEDS_CUSTOMERS or not self.node:
            raise ValueError(f"a usage point is fed by a {' or a '.join(FEEDS_CUSTOMERS)}")


Placement = NodePlacement | SupplyPlacement


def from_the_top(placements: Sequence[Placement]) -> list[Placement]:
    """Nodes before usage points, higher kinds before lower ones, earlier dates before later ones."""
    kinds = (*NodeKind,)

    def depth(placement: Placement) -> int:
        return kinds.index(placement.kind) if isinstance(placement, NodePlacement) else len(kinds)

    return sorted(placements, key=lambda placement: (depth(placement), placement.valid_from))


@dataclass(frozen=True, slots=True)
class SupplyLink:
    """A usage point on a node, from when to when; open while `valid_to` is None."""

    usage_point_id: int
    node: GridNode
    phase: Phase
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class SupplyPath:
    """What feeds a usage point at an instant, the nearest node first."""

    nodes: tuple[GridNode, ...]
    phase: Phase | None

    def node(self, kind: NodeKind) -> GridNode | None:
        """The node of this kind on the way, if there is one."""
        return next((node for node in self.nodes if node.kind is kind), None)


def _require_aware(instant: datetime) -> None:
    if instant.tzinfo is None:
        raise ValueError("valid_from must be aware")
