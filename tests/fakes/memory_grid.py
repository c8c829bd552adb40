"""In-memory twins of topology, parkings, fleet book and KPI ledger, one row at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np

from headend.domain.errors import Conflict, StoreUnavailable, UnknownKpi, UnknownMeter, UnknownNode
from headend.domain.instants import to_us
from headend.domain.kpi import KpiDay, KpiEvidence, KpiFigure, KpiPoint, MetricDay, ScopeKind
from headend.domain.meter_days import FOR_EVER, FleetColumns
from headend.domain.metering import CUSTOMER_CLASSES
from headend.domain.parking import Parking
from headend.domain.readings import Ints
from headend.domain.topology import (
    FED_BY,
    GridNode,
    NodeKind,
    NodePlacement,
    Placement,
    SupplyLink,
    SupplyPath,
)
from tests.fakes.memory_stores import MemoryMeterRegistry


class MemoryTopology:
    """Port Topology."""

    is_down = False

    def __init__(self, registry: MemoryMeterRegistry) -> None:
        self._registry = registry
        self._nodes: list[GridNode] = []
        self._grid: list[tuple[int, int, datetime, datetime | None]] = []
        self._supply: list[SupplyLink] = []
        registry.topology = self

    async def place(self, placements: Sequence[Placement]) -> int:
        self._require_up()
        kept = list(self._nodes), list(self._grid), list(self._supply)
        try:
            return sum(self._place(one, position) for position, one in enumerate(placements, start=1))
        except Conflict:
            self._nodes, self._grid, self._supply = kept
            raise

    async def nodes(self, kind: NodeKind | None = None) -> Sequence[GridNode]:
        self._require_up()
        return sorted((n for n in self._nodes if kind in (None, n.kind)), key=lambda n: (n.name, n.id))

    async def node(self, kind: NodeKind, name: str) -> GridNode:
        self._require_up()
        for node in self._nodes:
            if (node.kind, node.name) == (kind, name):
                return node
        raise UnknownNode(f"no {kind} {name!r}")

    async def members(self, node_id: int, at: datetime) -> Ints:
        self._require_up()
        links = [link for link in self._supply if _holds(link.valid_from, link.valid_to, at)]
        found = [l.usage_point_id for l in links if node_id in [n.id for n in self._up(l.node, at)]]  # noqa: E741
        return np.array(sorted(found), np.int64)

    async def path(self, usage_point_id: int, at: datetime) -> SupplyPath:
        self._require_up()
        for link in self._supply:
            if link.usage_point_id == usage_point_id and _holds(link.valid_from, link.valid_to, at):
                return SupplyPath(tuple(self._up(link.node, at)), link.phase)
        return SupplyPath((), None)

    async def history(self, usage_point_id: int) -> Sequence[SupplyLink]:
        self._require_up()
        return sorted((s for s in self._supply if s.usage_point_id == usage_point_id), key=lambda s: s.valid_from)

    def _up(self, node: GridNode, at: datetime) -> list[GridNode]:
        for child, parent, since, until in self._grid:
            if child == node.id and _holds(since, until, at):
                return [node, *self._up(self._nodes[parent - 1], at)]
        return [node]

    def _place(self, wanted: Placement, position: int) -> bool:
        if isinstance(wanted, NodePlacement):
            return self._place_node(wanted, position)
        points = {i.usage_point.name: i.usage_point.id for i in self._registry.known}
        if wanted.usage_point not in points:
            raise Conflict(f"placement {position}: there is no usage point {wanted.usage_point}")
        point, node = points[wanted.usage_point], self._made(wanted.node_kind, wanted.node)
        held = next((s for s in self._supply if s.usage_point_id == point and s.valid_to is None), None)
        if held is not None:
            if (held.node, held.phase) == (node, wanted.phase):
                return False
            _require_later(wanted.valid_from, held.valid_from, position)
            self._supply[self._supply.index(held)] = replace(held, valid_to=wanted.valid_from)
        self._supply.append(SupplyLink(point, node, wanted.phase, wanted.valid_from, None))
        return True

    def _place_node(self, wanted: NodePlacement, position: int) -> bool:
        count, above = len(self._nodes), FED_BY[wanted.kind]
        node = self._made(wanted.kind, wanted.name)
        is_new = len(self._nodes) > count
        if above is None:
            return is_new
        parent = self._made(above, wanted.parent)
        for index, (child, held, since, until) in enumerate(self._grid):
            if child == node.id and until is None:
                if held == parent.id:
                    return is_new
                _require_later(wanted.valid_from, since, position)
                self._grid[index] = (child, held, since, wanted.valid_from)
        self._grid.append((node.id, parent.id, wanted.valid_from, None))
        return True

    def _made(self, kind: NodeKind, name: str) -> GridNode:
        for node in self._nodes:
            if (node.kind, node.name) == (kind, name):
                return node
        self._nodes.append(GridNode(len(self._nodes) + 1, kind, name))
        return self._nodes[-1]

    def _require_up(self) -> None:
        if self.is_down:
            raise StoreUnavailable("the store is switched off by the test")


class MemoryParkings:
    """Port Parkings."""

    is_down = False

    def __init__(self, registry: MemoryMeterRegistry) -> None:
        self._registry, self._all = registry, list[Parking]()

    async def park(self, parking: Parking) -> Parking:
        self._require_up()
        if parking.installation_id not in [i.id for i in self._registry.known]:
            raise UnknownMeter(f"no meter installation {parking.installation_id}")
        if any(known.overlaps(parking.since, parking.end) for known in await self.history(parking.installation_id)):
            raise Conflict("the meter is parked already")
        self._all.append(replace(parking, id=len(self._all) + 1))
        return self._all[-1]

    async def end(self, installation_id: int, at: datetime, by: str) -> Parking:
        self._require_up()
        for index, known in enumerate(self._all):
            if known.installation_id == installation_id and known.is_parked_at(at):
                self._all[index] = replace(known, ended_at=at, ended_by=by)
                return self._all[index]
        raise Conflict("the meter is not parked")

    async def end_expired(self, now: datetime) -> Sequence[Parking]:
        self._require_up()
        ended = []
        for index, known in enumerate(self._all):
            if known.ended_at is None and known.until is not None and known.until <= now:
                self._all[index] = replace(known, ended_at=known.until)
                ended.append(self._all[index])
        return ended

    async def between(self, start: datetime, end: datetime) -> Sequence[Parking]:
        self._require_up()
        found = [known for known in self._all if known.overlaps(start, end)]
        return sorted(found, key=lambda p: (p.installation_id, p.since))

    async def history(self, installation_id: int) -> Sequence[Parking]:
        self._require_up()
        found = [known for known in self._all if known.installation_id == installation_id]
        return sorted(found, key=lambda p: (p.since, p.id), reverse=True)

    def _require_up(self) -> None:
        if self.is_down:
            raise StoreUnavailable("the store is switched off by the test")


class MemoryFleetBook:
    """Port FleetBook over the twins."""

    def __init__(self, registry: MemoryMeterRegistry, topology: MemoryTopology) -> None:
        self._registry, self._topology = registry, topology

    async def fleet_on(self, day: MetricDay) -> FleetColumns:
        rows = []
        for one in await self._registry.installations():
            path = await self._topology.path(one.usage_point.id, day.end - timedelta(microseconds=1))
            kinds = (NodeKind.SUBSTATION, NodeKind.FEEDER, NodeKind.TRANSFORMER)
            above = [-1 if (node := path.node(kind)) is None else node.id for kind in kinds]
            gone = FOR_EVER if one.removed_at is None else to_us(one.removed_at)
            customer_class = CUSTOMER_CLASSES.index(one.usage_point.customer_class)
            if gone > to_us(day.start):
                rows.append((one.id, to_us(one.installed_at), gone, one.meter.line.id, customer_class, *above))
        return FleetColumns(*np.array(rows, np.int64).reshape(-1, 8).T)

    async def names(self, kind: ScopeKind) -> Mapping[int, str]:
        if kind is ScopeKind.UTILITY:
            return {0: ""}
        if kind is ScopeKind.CUSTOMER_CLASS:
            return dict(enumerate(map(str, CUSTOMER_CLASSES)))
        if kind is ScopeKind.LINE:
            return {i.meter.line.id: i.meter.line.url for i in await self._registry.installations()}
        return {node.id: node.name for node in await self._topology.nodes(NodeKind(kind))}


class MemoryKpiLedger:
    """Port KpiLedger."""

    is_down = False

    def __init__(self) -> None:
        self._kept: list[tuple[KpiDay, Sequence[KpiFigure], KpiEvidence]] = []

    async def keep(self, computed: KpiDay, figures: Sequence[KpiFigure], evidence: KpiEvidence) -> KpiDay:
        self._require_up()
        kept = replace(computed, id=len(self._kept) + 1)
        self._kept.append((kept, tuple(figures), evidence))
        return kept

    async def computations(self, kpi: str, day: date) -> Sequence[KpiDay]:
        self._require_up()
        return [c for c, _, _ in reversed(self._kept) if (c.kpi, c.day) == (kpi, day)]

    async def points(self, start: date, end: date, kind: ScopeKind) -> Sequence[KpiPoint]:
        self._require_up()
        newest = {(c.kpi, c.day): (c, figures) for c, figures, _ in self._kept if start <= c.day <= end}
        points = [KpiPoint(c, f) for c, figures in newest.values() for f in figures if f.scope_kind is kind]
        return sorted(points, key=lambda p: (p.computed.kpi, p.computed.day, p.figure.scope_name, p.figure.scope_id))

    async def evidence(self, computed_id: int) -> KpiEvidence:
        self._require_up()
        if not 0 < computed_id <= len(self._kept):
            raise UnknownKpi(f"no computation {computed_id}")
        return self._kept[computed_id - 1][2]

    async def digest_of(self, kpi: str, version: int) -> str | None:
        self._require_up()
        return next((c.digest for c, _, _ in self._kept if (c.kpi, c.version) == (kpi, version)), None)

    def _require_up(self) -> None:
        if self.is_down:
            raise StoreUnavailable("the store is switched off by the test")


def _holds(since: datetime, until: datetime | None, at: datetime) -> bool:
    return since <= at and (until is None or at < until)


def _require_later(at: datetime, since: datetime, position: int) -> None:
    if at <= since:
        raise Conflict(f"placement {position}: it is fed otherwise since {since}; a change begins after that")
