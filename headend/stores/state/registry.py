"""Port MeterRegistry: usage points, meters, lines and their installations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownMeter
from headend.domain.metering import (
    CustomerClass,
    InstallationState,
    Line,
    Meter,
    MeterInstallation,
    MeterRegistration,
    Protocol,
    UsagePoint,
)
from headend.domain.topology import from_the_top
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import LineRow, MeterInstallationRow, MeterRow, UsagePointRow
from headend.stores.state.placements import Placements

Place = MeterInstallationRow
# Columns and not objects: ten thousand installations take 0.06 s this way and 0.5 s the other.
INSTALLATIONS = (
    select(Place.id, Place.server_address, Place.installed_at, Place.removed_at, Place.multiplier)
    .add_columns(Place.state, Place.superseded_at)
    .join(UsagePointRow, Place.usage_point_id == UsagePointRow.id)
    .join(MeterRow, Place.meter_id == MeterRow.id)
    .join(LineRow, Place.line_id == LineRow.id)
    .add_columns(UsagePointRow.id.label("point_id"), UsagePointRow.name, UsagePointRow.customer_class)
    .add_columns(UsagePointRow.capacity_kva, LineRow.id.label("line_id"), LineRow.url)
    .add_columns(MeterRow.id.label("meter_id"), MeterRow.serial_number, MeterRow.protocol, MeterRow.profile)
)
OPEN = (Place.removed_at.is_(None), Place.superseded_at.is_(None))


class SqlMeterRegistry:
    """Who is metered by what."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def installations(self) -> Sequence[MeterInstallation]:
        """All open installations, ordered by id."""
        query = INSTALLATIONS.where(*OPEN).order_by(Place.id)
        return await self._database.read(lambda session: [_installation(row) for row in session.execute(query)])

    async def installed_between(self, start: datetime, end: datetime) -> Sequence[MeterInstallation]:
        """All that were installed for some of [start, end), superseded and closed ones too, ordered by id."""
        query = INSTALLATIONS.where(Place.installed_at < end, or_(Place.removed_at.is_(None), Place.removed_at > start))
        query = query.order_by(Place.id)
        return await self._database.read(lambda session: [_installation(row) for row in session.execute(query)])

    async def installation(self, installation_id: int) -> MeterInstallation:
        """One installation; UnknownMeter if there is none."""
        query = INSTALLATIONS.where(Place.id == installation_id)

        def find(session: Session) -> MeterInstallation:
            row = session.execute(query).one_or_none()
            if row is None:
                raise UnknownMeter(f"no meter installation {installation_id}")
            return _installation(row)

        return await self._database.read(find)

    async def register(self, registrations: Sequence[MeterRegistration]) -> int:
        """Add all or none; Conflict names the first row that contradicts. Returns how many were added."""

        def add(session: Session) -> int:
            known = _Known.read(session)
            for position, registration in enumerate(registrations, start=1):
                session.add(known.add(registration, position))
            session.flush()
            supply = [placement for registration in registrations for placement in registration.supply]
            if supply:
                Placements(session).apply(from_the_top(supply))
            return len(registrations)

        return await self._database.write(add)


@dataclass(slots=True)
class _Known:
    """What is there, by its natural names, while rows are added in memory."""

    lines: dict[str, LineRow]
    meters: dict[str, MeterRow]
    usage_points: dict[str, UsagePointRow]
    metered: set[str] = field(default_factory=set)
    installed: set[str] = field(default_factory=set)
    addresses: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def read(cls, session: Session) -> _Known:
        known = cls(
            {row.url: row for row in session.scalars(select(LineRow))},
            {row.serial_number: row for row in session.scalars(select(MeterRow))},
            {row.name: row for row in session.scalars(select(UsagePointRow))},
        )
        for row in session.execute(INSTALLATIONS.where(*OPEN)):
            known._occupy(row.name, row.serial_number, (row.url, row.server_address))
        return known

    def add(self, wanted: MeterRegistration, position: int) -> MeterInstallationRow:
        """The rows of one registration; Conflict names it and what it contradicts."""
        problem = self._contradiction(wanted)
        if problem:
            raise Conflict(f"registration {position} (meter {wanted.serial_number}): {problem}")
        self._occupy(wanted.usage_point, wanted.serial_number, (wanted.line_url, wanted.server_address))
        return MeterInstallationRow(
            usage_point=self.usage_points.setdefault(wanted.usage_point, _usage_point_row(wanted)),
            meter=self.meters.setdefault(wanted.serial_number, _meter_row(wanted)),
            line=self.lines.setdefault(wanted.line_url, LineRow(url=wanted.line_url)),
            server_address=wanted.server_address,
            installed_at=wanted.installed_at,
            multiplier=wanted.multiplier,
        )

    def _contradiction(self, wanted: MeterRegistration) -> str:
        if wanted.serial_number in self.installed:
            return f"serial number {wanted.serial_number} is installed already"
        if wanted.usage_point in self.metered:
            return f"usage point {wanted.usage_point} is metered already"
        if (wanted.line_url, wanted.server_address) in self.addresses:
            return f"address {wanted.server_address} on {wanted.line_url} is taken"
        meter = self.meters.get(wanted.serial_number)
        if meter is not None and (meter.protocol, meter.profile) != (wanted.protocol, wanted.profile):
            return f"serial number {wanted.serial_number} is known as {meter.protocol} {meter.profile}"
        point = self.usage_points.get(wanted.usage_point)
        if point is not None and point.customer_class != wanted.customer_class:
            return f"usage point {wanted.usage_point} is known as {point.customer_class}"
        return ""

    def _occupy(self, usage_point: str, serial_number: str, address: tuple[str, str]) -> None:
        self.metered.add(usage_point)
        self.installed.add(serial_number)
        self.addresses.add(address)


def _meter_row(wanted: MeterRegistration) -> MeterRow:
    return MeterRow(serial_number=wanted.serial_number, protocol=wanted.protocol.value, profile=wanted.profile)


def _usage_point_row(wanted: MeterRegistration) -> UsagePointRow:
    return UsagePointRow(
        name=wanted.usage_point, customer_class=wanted.customer_class.value, capacity_kva=wanted.capacity_kva
    )


def _installation(row: Row[Any]) -> MeterInstallation:  # Any: SQLAlchemy types no row this wide
    return MeterInstallation(
        id=row.id,
        usage_point=UsagePoint(row.point_id, row.name, CustomerClass(row.customer_class), row.capacity_kva),
        meter=Meter(
            id=row.meter_id,
            serial_number=row.serial_number,
            protocol=Protocol(row.protocol),
            profile=row.profile,
            server_address=row.server_address,
            line=Line(row.line_id, row.url),
        ),
        installed_at=row.installed_at,
        removed_at=row.removed_at,
        multiplier=row.multiplier,
        state=InstallationState(row.state),
        superseded_at=row.superseded_at,
    )


def installation_of(row: MeterInstallationRow) -> MeterInstallation:
    """The installation of a row with its relations."""
    point, meter = row.usage_point, row.meter
    return MeterInstallation(
        id=row.id,
        usage_point=UsagePoint(point.id, point.name, CustomerClass(point.customer_class), point.capacity_kva),
        meter=Meter(
            id=meter.id,
            serial_number=meter.serial_number,
            protocol=Protocol(meter.protocol),
            profile=meter.profile,
            server_address=row.server_address,
            line=Line(row.line.id, row.line.url),
        ),
        installed_at=row.installed_at,
        removed_at=row.removed_at,
        multiplier=row.multiplier,
        state=InstallationState(row.state),
        superseded_at=row.superseded_at,
    )
