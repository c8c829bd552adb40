"""The PyPI package `dlt645`, which is not ours, reads our simulator over TCP and gets the exact values."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from dlt645 import MeterClientService

from simulators import FleetPlan, SimulatedMeter, build_fleet, serve
from simulators.meter import SHANGHAI

NOW = datetime(2026, 3, 20, 12, 7, 33, tzinfo=UTC)
PLAN = FleetPlan(5, "123456789010", seed=2, commissioned=datetime(2026, 2, 1, tzinfo=SHANGHAI))

pytestmark = pytest.mark.asyncio


def reversed_pairs(address: str) -> str:
    """That client puts the address high byte first on the wire."""
    return "".join(address[n : n + 2] for n in range(10, -1, -2))


def truths(meter: SimulatedMeter) -> Iterator[tuple[int, Decimal]]:
    energy, snapshot = meter.energy(NOW), meter.snapshot(NOW)
    yield 0x00010000, energy.register("active_energy_import")
    for n in range(1, 5):
        yield 0x00010000 + (n << 8), energy.register(f"active_energy_import_t{n}")
    yield 0x00020000, energy.register("active_energy_export")
    yield 0x02010100, snapshot.phases[0].voltage_v
    yield 0x02020100, snapshot.phases[0].current_a.copy_sign(snapshot.active_w)
    yield 0x02030000, Decimal(snapshot.active_w) / 1000
    yield 0x02060000, snapshot.power_factor
    yield 0x02800002, snapshot.frequency_hz


def read_everything(port: int, meters: tuple[SimulatedMeter, ...]) -> list[tuple[str, int, Decimal, Decimal]]:
    service = MeterClientService.new_tcp_client("127.0.0.1", port, timeout=2)
    found = []
    with closing(_Disconnecting(service)):
        for meter in meters:
            assert service.set_address(reversed_pairs(meter.address))
            for di, truth in truths(meter):
                item = service.read_00(di) if di < 0x01000000 else service.read_02(di)
                assert item is not None, f"{meter.address} {di:08X} was not answered"
                found.append((meter.address, di, Decimal(str(item.value)), truth))
    return found


class _Disconnecting:
    def __init__(self, service: MeterClientService) -> None:
        self._service = service

    def close(self) -> None:
        self._service.client.disconnect()


async def test_it_reads_every_meter_exactly(tmp_path: Path) -> None:
    meters = build_fleet(PLAN)
    witness = tmp_path / "witness.jsonl"
    async with serve("dlt645", "tcp://127.0.0.1:0", meters, now=lambda: NOW, witness=witness) as running:
        port = int(running.address.rsplit(":", 1)[1])
        found = await asyncio.to_thread(read_everything, port, meters)
    assert [(address, di, value) for address, di, value, _ in found] == [
        (address, di, truth) for address, di, _, truth in found
    ]
    assert len(found) == 5 * 11 == len(witness.read_text().splitlines())


async def test_an_address_nobody_has_stays_unanswered() -> None:
    def read_one(port: int) -> object:
        service = MeterClientService.new_tcp_client("127.0.0.1", port, timeout=0.2)
        with closing(_Disconnecting(service)):
            service.set_address(reversed_pairs("000000000001"))
            return service.read_00(0x00010000)

    async with serve("dlt645", "tcp://127.0.0.1:0", build_fleet(PLAN), now=lambda: NOW) as running:
        assert await asyncio.to_thread(read_one, int(running.address.rsplit(":", 1)[1])) is None
