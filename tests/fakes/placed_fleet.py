"""A place in the grid for the meters of a metered day, and some of them parked."""

from __future__ import annotations

from datetime import timedelta

from headend.domain.parking import Parking, ParkingReason
from headend.domain.topology import NodeKind, NodePlacement, Phase, Placement, SupplyPlacement
from tests.fakes.api_services import Site
from tests.fakes.meters import INSTALLED

PHASES = (Phase.A, Phase.B, Phase.C, Phase.ABC)
PARKED_LONG, PARKED_ONCE, PER_TRANSFORMER = 9, 10, 12


async def place(site: Site) -> None:
    """One substation, two feeders, a transformer for every dozen meters, a box for every four; two meters parked."""
    installations = await site.registry.installations()
    count = -(-len(installations) // PER_TRANSFORMER)
    placements: list[Placement] = [NodePlacement(NodeKind.SUBSTATION, "North", "", INSTALLED)]
    placements += [NodePlacement(NodeKind.FEEDER, f"F{n}", "North", INSTALLED) for n in (1, 2)]
    placements += [NodePlacement(NodeKind.TRANSFORMER, f"T{n:02d}", f"F{1 + n % 2}", INSTALLED) for n in range(count)]
    for number, one in enumerate(installations):
        transformer, box = f"T{number // PER_TRANSFORMER:02d}", f"B{number // 4:03d}"
        placements.append(NodePlacement(NodeKind.METER_BOX, box, transformer, INSTALLED))
        phase = PHASES[number % 4]
        placements.append(SupplyPlacement(one.usage_point.name, NodeKind.METER_BOX, box, phase, INSTALLED))
    await site.topology.place(placements)
    now = site.clock.now()
    repair = Parking(PARKED_LONG, ParkingReason.UNDER_REPAIR, "work order 4711", "ann", now - timedelta(days=20))
    await site.parkings.park(repair)
    once = Parking(PARKED_ONCE, ParkingReason.NOT_YET_ENERGISED, "", "ann", now - timedelta(days=60))
    await site.parkings.park(once)
    await site.parkings.end(PARKED_ONCE, now - timedelta(days=40), "bob")
