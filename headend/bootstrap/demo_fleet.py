"""The fleet of the demonstration: which simulated meters stand on which lines, and their rows in the registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from collectors.line_urls import DEFAULT_PROFILES
from headend.domain.metering import CustomerClass, MeterRegistration, Protocol
from simulators import FleetPlan, SimulatedMeter, build_fleet, serve

CAPACITY_KVA = {
    CustomerClass.RESIDENTIAL: 40,
    CustomerClass.PROSUMER: 40,
    CustomerClass.COMMERCIAL: 160,
    CustomerClass.INDUSTRIAL: 1000,
    CustomerClass.STREET_LIGHTING: 40,
}


@dataclass(frozen=True, slots=True)
class Share:
    """A protocol's part of the fleet: how many of a hundred meters, how many on one line, its first address."""

    protocol: Protocol
    percent: int
    meters_per_line: int
    first_address: int


SHARES = (
    Share(Protocol.DLT645, 60, 32, 100_000_000_001),
    Share(Protocol.MODBUS, 25, 30, 200_000_000_001),
    Share(Protocol.MQTT, 15, 1_000_000, 300_000_000_001),
)


@dataclass(frozen=True, slots=True)
class Bus:
    """Meters that share a line."""

    protocol: Protocol
    fleet: FleetPlan


def plan_buses(meters: int, seed: int, commissioned: datetime) -> list[Bus]:
    """The lines of a fleet of `meters`; every protocol has at least one meter when there are three or more."""
    counts = [meters * share.percent // 100 for share in SHARES]
    for index in range(1, len(counts)):
        counts[index] = max(counts[index], 1 if meters >= len(SHARES) else 0)
    counts[0] = meters - sum(counts[1:])
    buses = []
    for share, count in zip(SHARES, counts, strict=True):
        for begin in range(0, count, share.meters_per_line):
            size = min(share.meters_per_line, count - begin)
            first = f"{share.first_address + begin:012d}"
            buses.append(Bus(share.protocol, FleetPlan(size, first, seed, commissioned)))
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
                registrations.append(_registration(bus.protocol, unit, meter, line_url, installed_at))
        yield RunningFleet(registrations)


def _registration(
    protocol: Protocol, unit: int, meter: SimulatedMeter, line_url: str, installed_at: datetime
) -> MeterRegistration:
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
    )


def _server_address(protocol: Protocol, unit: int, address: str) -> str:
    return str(unit) if protocol is Protocol.MODBUS else address
