"""Who is metered by what, where in the grid, and who is asked at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from headend.domain.kpi import MetricDay, ScopeKind
from headend.domain.meter_days import FleetColumns
from headend.domain.metering import MeterInstallation, MeterRegistration
from headend.domain.parking import Parking
from headend.domain.readings import Ints
from headend.domain.topology import GridNode, NodeKind, Placement, SupplyLink, SupplyPath


class MeterRegistry(Protocol):
    """Who is metered by what."""

    async def installations(self) -> Sequence[MeterInstallation]:
        """All open installations, ordered by id; a superseded one is open no more."""
        ...

    async def installed_between(self, start: datetime, end: datetime) -> Sequence[MeterInstallation]:
        """All that were installed for some of [start, end), superseded and closed ones too, ordered by id."""
        ...

    async def installation(self, installation_id: int) -> MeterInstallation:
        """One installation; UnknownMeter if there is none."""
        ...

    async def register(self, registrations: Sequence[MeterRegistration]) -> int:
        """Add all or none; Conflict names the first row that contradicts. Returns how many were added."""
        ...


class Roster(Protocol):
    """Which meters are asked by themselves. A registry is a roster of everybody."""

    async def installations(self) -> Sequence[MeterInstallation]:
        """The open installations that are polled now, ordered by id."""
        ...


class Topology(Protocol):
    """The grid between substation and usage point, with dates; nothing in it is overwritten."""

    async def place(self, placements: Sequence[Placement]) -> int:
        """Apply all or none in their order; returns how many changed something.

        Nodes that are not there are made. Conflict names the first placement that begins no later than the link
        it would end, or whose usage point is not known.
        """
        ...

    async def nodes(self, kind: NodeKind | None = None) -> Sequence[GridNode]:
        """All nodes, or those of a kind, by name."""
        ...

    async def node(self, kind: NodeKind, name: str) -> GridNode:
        """One node; UnknownNode if there is none."""
        ...

    async def members(self, node_id: int, at: datetime) -> Ints:
        """The sorted ids of all usage points that the node feeds at an instant, however far below."""
        ...

    async def path(self, usage_point_id: int, at: datetime) -> SupplyPath:
        """What feeds a usage point at an instant, up to the substation; empty when nothing is known."""
        ...

    async def history(self, usage_point_id: int) -> Sequence[SupplyLink]:
        """Every link that the usage point had, oldest first."""
        ...


class Parkings(Protocol):
    """Which meters are parked, and were."""

    async def park(self, parking: Parking) -> Parking:
        """Keep a new parking; UnknownMeter, Conflict when it overlaps another of the same meter."""
        ...

    async def end(self, installation_id: int, at: datetime, by: str) -> Parking:
        """End the parking that holds at this instant; Conflict when there is none."""
        ...

    async def end_expired(self, now: datetime) -> Sequence[Parking]:
        """Close those whose end has passed by itself and that are not closed yet; returns them."""
        ...

    async def between(self, start: datetime, end: datetime) -> Sequence[Parking]:
        """All that overlap [start, end), by installation and time."""
        ...

    async def history(self, installation_id: int) -> Sequence[Parking]:
        """All of one meter, newest first."""
        ...


class FleetBook(Protocol):
    """The fleet as columns, for questions that are about everybody."""

    async def fleet_on(self, day: MetricDay) -> FleetColumns:
        """Every installation that was not gone before the day, and where it stood when the day ended."""
        ...

    async def names(self, kind: ScopeKind) -> Mapping[int, str]:
        """The names of the scopes of this kind; the line's is its URL."""
        ...
