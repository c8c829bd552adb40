"""Import the grid from a CSV text: one row a link, every error with its line and column, then all rows or none."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.topology import (
    FED_BY,
    FEEDS_CUSTOMERS,
    NodeKind,
    NodePlacement,
    Phase,
    Placement,
    SupplyPlacement,
    from_the_top,
)
from headend.ports import Clock, EventLog, MeterRegistry, Topology
from headend.services.csv_rows import read_rows, refuse_if
from headend.services.import_row import ImportRow

COLUMNS = ("kind", "name", "parent_kind", "parent", "phase", "valid_from")
USAGE_POINT = "usage_point"
KINDS = (*NodeKind, USAGE_POINT)
Known = Collection[tuple[NodeKind, str]]
Numbered = tuple[int, Placement]


class ImportTopology:
    """Places nodes and usage points from a date on; what is placed so already is no change."""

    def __init__(
        self,
        topology: Topology,
        registry: MeterRegistry,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._topology, self._registry = topology, registry
        self._zone, self._clock, self._events = zone, clock, events

    async def run(self, text: str, file: str) -> int:
        """How many rows changed something; ImportRefused names every wrong cell, Conflict a date that is too early."""
        found: list[Numbered] = []
        errors = read_rows(text, file, COLUMNS, lambda row: self._read(row, found))
        nodes = {(node.kind, node.name) for node in await self._topology.nodes()}
        points = {one.usage_point.name for one in await self._registry.installations()}
        refuse_if([*errors, *_unknown(found, nodes, points, file), *_doubles(found, file)])
        changed = await self._topology.place(from_the_top([placement for _, placement in found]))
        now = self._clock.now()
        await self._events.record(EndDeviceEvent(EventKind.TOPOLOGY_CHANGED, now, f"{changed} links from {file}"))
        return changed

    def _read(self, row: ImportRow, found: list[Numbered]) -> None:
        kind = row.cell("kind")
        if kind not in KINDS:
            row.wrong("kind", f"{kind!r} is not known", f"write one of {', '.join(KINDS)}")
            return
        name, valid_from = row.required("name"), row.instant("valid_from", self._zone)
        above = _fed_by(row, kind)
        parent = row.empty("parent") if kind == NodeKind.SUBSTATION else row.required("parent")
        phase = row.one_of("phase", Phase) if kind == USAGE_POINT else row.empty("phase")
        if row.is_wrong or valid_from is None:
            return
        if kind != USAGE_POINT:
            found.append((row.line, NodePlacement(NodeKind(kind), name, parent, valid_from)))
        elif above and phase:
            found.append((row.line, SupplyPlacement(name, above, parent, Phase(phase), valid_from)))


def _fed_by(row: ImportRow, kind: str) -> NodeKind | None:
    """The kind of the parent: what the cell says where there is a choice, the only possible one where it is empty."""
    allowed = FEEDS_CUSTOMERS if kind == USAGE_POINT else tuple(k for k in (FED_BY[NodeKind(kind)],) if k)
    given = row.cell("parent_kind")
    if not given:
        return allowed[0] if allowed else None
    if given not in allowed:
        remedy = f"write {' or '.join(allowed)}" if allowed else "leave it empty"
        row.wrong("parent_kind", f"{given!r} feeds no {kind.replace('_', ' ')}", remedy)
        return None
    return NodeKind(given)


def _unknown(found: list[Numbered], nodes: Known, points: Collection[str], file: str) -> list[ConfigError]:
    """Parents that stand neither in the grid nor in the file, and usage points that nobody has registered."""
    placed = {(p.kind, p.name) for _, p in found if isinstance(p, NodePlacement)}
    errors = []
    for line, placement in found:
        parent = _parent(placement)
        if parent and parent not in nodes and parent not in placed:
            problem = f"there is no {parent[0].replace('_', ' ')} {parent[1]!r}"
            errors.append(ConfigError(problem, file=file, line=line, key="parent", remedy="give it a row of its own"))
        if isinstance(placement, SupplyPlacement) and placement.usage_point not in points:
            problem, remedy = f"there is no usage point {placement.usage_point!r}", "import its meter first"
            errors.append(ConfigError(problem, file=file, line=line, key="name", remedy=remedy))
    return errors


def _doubles(found: list[Numbered], file: str) -> list[ConfigError]:
    first: dict[object, int] = {}
    errors = []
    for line, placement in found:
        before = first.setdefault(_child(placement), line)
        if before != line:
            problem, remedy = f"stands in line {before} too", "keep one of the two; a later move goes into a later file"
            errors.append(ConfigError(problem, file=file, line=line, key="name", remedy=remedy))
    return errors


def _child(placement: Placement) -> object:
    return (placement.kind, placement.name) if isinstance(placement, NodePlacement) else placement.usage_point


def _parent(placement: Placement) -> tuple[NodeKind, str] | None:
    if isinstance(placement, SupplyPlacement):
        return placement.node_kind, placement.node
    above = FED_BY[placement.kind]
    return (above, placement.parent) if above else None
