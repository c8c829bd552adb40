"""The fleet of the demonstration: which simulated meters stand on which lines, and their rows in the registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from collectors.line_urls import DEFAULT_PROFILES
from headend.bootstrap.demo_site import Transformer, share
from headend.domain.metering import CustomerClass, MeterRegistration, Protocol
from headend.domain.topology import NodeKind, NodePlacement, Phase, Placement, SupplyPlacement
from simulators import FleetPlan, SimulatedMeter, build_fleet, serve
from simulators.load_shape import CustomerClass as Class

SINGLE = (Phase.A, Phase.B, Phase.C)
CAPACITY_KVA = {
    CustomerClass.RESIDENTIAL: 40,
    CustomerClass.PROSUMER: 40,
    CustomerClass.COMMERCIAL: 160,
    CustomerClass.INDUSTRIAL: 1000,
    CustomerClass.STREET_LIGHTING: 40,
}


FIRST_ADDRESS = {
    Protocol.DLT645: 100_000_000_001,
    Protocol.MODBUS: 200_000_000_001,
    Protocol.MQTT: 300_000_000_001,
}
MANY, PATTERNS = 1_000, 32  # more meters than this share so many loads a class: drawing each takes 5 ms


@dataclass(frozen=True, slots=True)
class Bus:
    """Meters behind one transformer that share a line."""

    transformer: Transformer
    number: int
    fleet: FleetPlan

    @property
    def protocol(self) -> Protocol:
        """How its meters are read."""
        return self.transformer.kind.protocol


def plan_buses(transformers: Sequence[Transformer], meters: int, seed: int, commissioned: datetime) -> list[Bus]:
    """The lines of a fleet of `meters`, see `share`; addresses follow one another within a protocol."""
    following = dict(FIRST_ADDRESS)
    patterns = PATTERNS if meters > MANY else 0
    buses = []
    for transformer, count in share(transformers, meters):
        kind = transformer.kind
        classes = tuple((Class(one), part) for one, part in kind.classes.items())
        for number, begin in enumerate(range(0, count, kind.meters_per_line), start=1):
            size = min(kind.meters_per_line, count - begin)
            first = f"{following[kind.protocol]:012d}"
            following[kind.protocol] += size
            plan = FleetPlan(size, first, seed, commissioned, patterns=patterns, classes=classes)
            buses.append(Bus(transformer, number, plan))
    return buses


@dataclass(frozen=True, slots=True)
class RunningFleet:
    """Simulated meters that listen, and how to register them."""

    registrations: Sequence[MeterRegistration]


@asynccontextmanager
async def run_fleet(
    buses: Sequence[Bus], *, broker_url: str, now: Callable[[], datetime], witness: Path, installed_at: datetime
) -> AsyncIterator[RunningFleet]:
    """Serve every bus on a free port of this machine (MQTT meters on the broker), with a witness file each."""
    witness.mkdir(parents=True, exist_ok=True)
    registrations: list[MeterRegistration] = []
    async with AsyncExitStack() as stack:
        for number, bus in enumerate(buses, start=1):
            meters = build_fleet(bus.fleet)
            listen = broker_url if bus.protocol is Protocol.MQTT else "tcp://127.0.0.1:0"
            log = witness / f"{bus.protocol}-{number:03d}.jsonl"
            running = await stack.enter_async_context(serve(bus.protocol, listen, meters, now=now, witness=log))
            line_url = broker_url if bus.protocol is Protocol.MQTT else running.address
            for unit, meter in enumerate(meters, start=1):
                registrations.append(_registration(bus, unit, meter, line_url, installed_at))
        yield RunningFleet(registrations)


def _registration(
    bus: Bus, unit: int, meter: SimulatedMeter, line_url: str, installed_at: datetime
) -> MeterRegistration:
    protocol = bus.protocol
    customer_class = CustomerClass(meter.spec.customer_class)
    return MeterRegistration(
        usage_point=f"UP-{meter.address}",
        customer_class=customer_class,
        capacity_kva=Decimal(CAPACITY_KVA[customer_class]),
        serial_number=meter.address,
        protocol=protocol,
        profile=DEFAULT_PROFILES[protocol],
        server_address=_server_address(protocol, unit, meter.address),
        line_url=line_url,
        multiplier=Decimal(1),
        installed_at=installed_at,
        supply=_supply(bus, unit, meter, installed_at),
    )


def _supply(bus: Bus, unit: int, meter: SimulatedMeter, since: datetime) -> tuple[Placement, ...]:
    """Its meter box below the transformer, and the phase: single-phase meters of a box take turns."""
    number = (unit - 1) // bus.transformer.kind.meters_per_box + 1
    box = f"{bus.transformer.name}-L{bus.number}-B{number:02d}"
    phase = Phase.ABC if meter.spec.phases == 3 else SINGLE[unit % len(SINGLE)]
    return (
        NodePlacement(NodeKind.METER_BOX, box, bus.transformer.name, since),
        SupplyPlacement(f"UP-{meter.address}", NodeKind.METER_BOX, box, phase, since),
    )


def _server_address(protocol: Protocol, unit: int, address: str) -> str:
    return str(unit) if protocol is Protocol.MODBUS else address
