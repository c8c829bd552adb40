"""A metered day for tests of API and console: a small fleet with 15-minute readings, marks, gaps and silent meters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import CustomerClass, MeterInstallation, Protocol
from headend.domain.quality import ReadingQuality
from headend.domain.readings import RawFrame, Reading, ReadingSource, to_batch
from tests.fakes.api_services import Site
from tests.fakes.meters import registration

SLOT = timedelta(minutes=15)
CLASSES = tuple(CustomerClass)
REQUEST = bytes.fromhex("fefefefe68010000000000681104333334339016")
REPLY = bytes.fromhex("68010000000000689108333334335a5b6c33ae16")
SILENT, NEVER = 3, 7  # meters of this number, counted from 1


async def fill(site: Site, *, meters: int = 12, days: int = 1) -> None:
    """Register meters and let them have been read every quarter of an hour until now."""
    rows = [
        registration(
            number,
            usage_point=f"Garden Road {number:03d}",
            customer_class=CLASSES[number % len(CLASSES)],
            protocol=tuple(Protocol)[number % 3],
            line_url=f"tcp://10.0.0.{1 + number // 32}:8899",
        )
        for number in range(1, meters + 1)
    ]
    await site.registry.register(rows)
    now = site.clock.now()
    for installation in await site.registry.installations():
        if installation.id != NEVER:
            until = now - timedelta(hours=5) if installation.id == SILENT else now
            readings = list(_day(site, installation, until, days))
            await site.readings.append(to_batch(readings))
    await _happened(site, now)
    site.gateway.answer = lambda installation, items: answer(site, installation, items)


def energy(number: int, at: datetime) -> Decimal:
    """The register of a meter: grows all day, faster at noon."""
    hours = Decimal((at - datetime(2026, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)) / 60
    wave = Decimal(round(math.sin(float(hours) / 24 * 2 * math.pi - 2) * 100)) / 100
    return (Decimal(1000 + number) + hours * Decimal("1.2") + wave * 4).quantize(Decimal("0.01"))


def power(number: int, at: datetime) -> Decimal:
    """The power of a meter."""
    return ((energy(number, at + SLOT) - energy(number, at)) * 4 + Decimal(number) / 1000).quantize(Decimal("0.0001"))


def answer(site: Site, installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
    """What a meter says when it is asked now: the register, the power, and one item that it does not have."""
    now = site.clock.now()
    frame = RawFrame(REQUEST, REPLY)
    results, readings = [], []
    for name in items or ("active_energy_import", "active_power"):
        kind = site.types.find(name)
        if kind.name.startswith("max_demand"):
            error = ItemError.REFUSED
            results.append(ItemResult(name, kind, None, None, "", None, now, error=error, reason="no such data"))
            continue
        value = energy(installation.id, now) if kind.unit == "kWh" else power(installation.id, now)
        results.append(ItemResult(name, kind, str(value), value, kind.unit, now, now, frame=frame, name=kind.name))
        readings.append(
            Reading(installation.id, kind, now, now, value, kind.unit, ReadingSource.ON_DEMAND, frame=frame)
        )
    return MeterAnswer(installation, tuple(results), tuple(readings))


def _day(site: Site, installation: MeterInstallation, until: datetime, days: int) -> Iterator[Reading]:
    number, frame = installation.id, RawFrame(REQUEST, REPLY)
    last = datetime.fromtimestamp(until.timestamp() // 900 * 900, tz=UTC)
    for slot in range(96 * days, -1, -1):
        at = last - SLOT * slot
        if slot in (40, 41, 42):
            continue  # a hole that backfill has not filled yet
        marks = {ReadingQuality.SPIKE} if slot == 60 and number % 4 == 0 else set()
        values = {
            "active_energy_import": energy(number, at),
            "active_energy_import_t1": (energy(number, at) / 4).quantize(Decimal("0.01")),
            "active_power": power(number, at),
        }
        if slot == 0:
            values |= {"voltage_l1": Decimal("231.4"), "current_l1": Decimal("4.215"), "frequency": Decimal("50.02")}
            marks |= {ReadingQuality.TIME_FROM_HEADEND} if number % 2 else set()
        for name, value in values.items():
            kind = site.types.by_name(name)
            yield Reading(
                number,
                kind,
                at,
                at + timedelta(seconds=6),
                value,
                kind.unit,
                ReadingSource.SCHEDULED,
                frozenset(marks),
                frame,
            )


async def _happened(site: Site, now: datetime) -> None:
    for minutes, kind, detail, installation in (
        (300, EventKind.METER_SILENT, "no answer three times", SILENT),
        (95, EventKind.READING_SUSPECT, "active_energy_import 1203.11 kWh: spike", 4),
        (61, EventKind.LINE_DOWN, "tcp://10.0.0.1:8899 connection refused", None),
        (58, EventKind.LINE_UP, "tcp://10.0.0.1:8899", None),
        (30, EventKind.SERVER_STARTED, "", None),
    ):
        await site.events.record(EndDeviceEvent(kind, now - timedelta(minutes=minutes), detail, installation))
