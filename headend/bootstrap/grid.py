"""What a head-end does with the grid and with parked meters, put together."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from headend.bootstrap.stores import Stores
from headend.ports import Clock
from headend.services.import_topology import ImportTopology
from headend.services.park_meters import ParkMeters
from headend.services.polled_meters import PolledMeters


@dataclass(frozen=True, slots=True)
class Grid:
    """Where meters hang, and which of them are asked."""

    import_topology: ImportTopology
    park_meters: ParkMeters
    polled: PolledMeters


def build_grid(stores: Stores, zone: ZoneInfo, clock: Clock) -> Grid:
    """Over the stores of a site."""
    registry, events = stores.registry, stores.events
    parking = ParkMeters(registry, stores.parkings, clock=clock, events=events)
    return Grid(
        import_topology=ImportTopology(stores.topology, registry, zone=zone, clock=clock, events=events),
        park_meters=parking,
        polled=PolledMeters(registry, parking),
    )
