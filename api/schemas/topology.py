"""Shapes of the grid: nodes, what feeds a meter, which meters a node feeds."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from api.parameters import Instant
from headend.domain.metering import MeterInstallation
from headend.domain.topology import GridNode, NodeKind, Phase
from headend.queries.grid import Supply


class NodeAnswer(BaseModel):
    """A substation, feeder, transformer or meter box."""

    kind: NodeKind
    name: str


class NodesAnswer(BaseModel):
    """Nodes by name."""

    nodes: list[NodeAnswer]


class MemberAnswer(BaseModel):
    """A meter that a node feeds."""

    installation: int
    usage_point: str
    serial_number: str


class MembersAnswer(BaseModel):
    """All meters below a node, by number."""

    members: list[MemberAnswer]


class SupplyLinkAnswer(BaseModel):
    """What fed the usage point from `valid_from` up to but not including `valid_to`."""

    node: NodeAnswer
    phase: Phase
    valid_from: Instant
    valid_to: Instant | None


class SupplyAnswer(BaseModel):
    """The way up at an instant, nearest first, and every link that there was, oldest first."""

    phase: Phase | None
    path: list[NodeAnswer]
    history: list[SupplyLinkAnswer]


class TopologyImportAnswer(BaseModel):
    """How many rows changed something."""

    changed: int


def nodes_answer(nodes: Sequence[GridNode]) -> NodesAnswer:
    """All nodes."""
    return NodesAnswer(nodes=[*map(_node, nodes)])


def members_answer(installations: Sequence[MeterInstallation]) -> MembersAnswer:
    """The meters below a node."""
    members = [
        MemberAnswer(installation=one.id, usage_point=one.usage_point.name, serial_number=one.meter.serial_number)
        for one in installations
    ]
    return MembersAnswer(members=members)


def supply_answer(supply: Supply) -> SupplyAnswer:
    """What feeds a meter."""
    history = [
        SupplyLinkAnswer(node=_node(link.node), phase=link.phase, valid_from=link.valid_from, valid_to=link.valid_to)
        for link in supply.history
    ]
    return SupplyAnswer(phase=supply.path.phase, path=[*map(_node, supply.path.nodes)], history=history)


def _node(node: GridNode) -> NodeAnswer:
    return NodeAnswer(kind=node.kind, name=node.name)
