"""Meters, installations and readings for tests, with few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from headend.domain.metering import (
    CustomerClass,
    Line,
    Meter,
    MeterInstallation,
    MeterRegistration,
    Protocol,
    UsagePoint,
)
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Reading, ReadingSource

INSTALLED = datetime(2026, 1, 1, tzinfo=UTC)


def registration(number: int, **changes: object) -> MeterRegistration:
    """Registration of meter `number` on a line of its own, unless changed."""
    fields: dict[str, object] = {
        "usage_point": f"UP-{number:04d}",
        "customer_class": CustomerClass.RESIDENTIAL,
        "capacity_kva": Decimal(40),
        "serial_number": f"{number:012d}",
        "protocol": Protocol.DLT645,
        "profile": "dlt645-2007",
        "server_address": f"{number:012d}",
        "line_url": f"tcp://10.0.0.{number}:8899",
        "multiplier": Decimal(1),
        "installed_at": INSTALLED,
    }
    return MeterRegistration(**{**fields, **changes})  # type: ignore[arg-type]  # fields by name


def registers(
    types: ReadingTypeTable,
    installation: int,
    values: Sequence[tuple[datetime, str]],
    *,
    name: str = "active_energy_import",
    source: ReadingSource = ReadingSource.SCHEDULED,
    unit: str | None = None,
    late: timedelta = timedelta(0),
) -> list[Reading]:
    """Readings of one register; received `late` after they were measured."""
    kind = types.by_name(name)
    return [
        Reading(installation, kind, at, at + late, Decimal(text), kind.unit if unit is None else unit, source)
        for at, text in values
    ]


def installation(number: int = 1) -> MeterInstallation:
    """A DL/T 645 meter that nobody has registered."""
    line = Line(1, "tcp://gateway:8899")
    meter = Meter(number, f"{number:012d}", Protocol.DLT645, "dlt645-2007", f"{number:012d}", line)
    return MeterInstallation(number, UsagePoint(number, f"UP-{number}", CustomerClass.RESIDENTIAL), meter, INSTALLED)
