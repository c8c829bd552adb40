"""Port Parkings: stays of meters in which nothing is expected of them. Rows are closed, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownMeter
from headend.domain.instants import iso
from headend.domain.parking import Parking, ParkingReason
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import MeterInstallationRow, ParkingRow

END = func.coalesce(ParkingRow.ended_at, ParkingRow.until)


class SqlParkings:
    """Which meters are parked, and were."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def park(self, parking: Parking) -> Parking:
        """Keep a new parking; UnknownMeter, Conflict when it overlaps another of the same meter."""

        def keep(session: Session) -> Parking:
            number = parking.installation_id
            if session.get(MeterInstallationRow, number) is None:
                raise UnknownMeter(f"no meter installation {number}")
            for known in _of(session, number):
                if known.overlaps(parking.since, parking.end):
                    raise Conflict(f"the meter is parked already, since {iso(known.since)} ({known.reason})")
            row = _row(parking)
            session.add(row)
            session.flush()
            return replace(parking, id=row.id)

        return await self._database.write(keep)

    async def end(self, installation_id: int, at: datetime, by: str) -> Parking:
        """End the parking that holds at this instant; Conflict when there is none."""

        def close(session: Session) -> Parking:
            for row in session.scalars(select(ParkingRow).where(ParkingRow.installation_id == installation_id)):
                if _parking(row).is_parked_at(at):
                    row.ended_at, row.ended_by = at, by
                    session.flush()
                    return _parking(row)
            raise Conflict("the meter is not parked")

        return await self._database.write(close)

    async def end_expired(self, now: datetime) -> Sequence[Parking]:
        """Close those whose end has passed by itself and that are not closed yet; returns them."""
        query = select(ParkingRow).where(ParkingRow.ended_at.is_(None), ParkingRow.until <= now)
        expired = query.order_by(ParkingRow.installation_id)

        def close(session: Session) -> list[Parking]:
            rows = session.scalars(expired).all()
            for row in rows:
                row.ended_at = row.until
            session.flush()
            return [_parking(row) for row in rows]

        if not await self._database.read(lambda session: session.scalar(query.limit(1)) is not None):
            return []
        return await self._database.write(close)

    async def between(self, start: datetime, end: datetime) -> Sequence[Parking]:
        """All that overlap [start, end), by installation and time."""
        query = select(ParkingRow).where(ParkingRow.since < end, or_(END.is_(None), start < END))
        query = query.order_by(ParkingRow.installation_id, ParkingRow.since)
        found = await self._database.read(lambda session: [_parking(row) for row in session.scalars(query)])
        return [parking for parking in found if parking.overlaps(start, end)]

    async def history(self, installation_id: int) -> Sequence[Parking]:
        """All of one meter, newest first."""
        return await self._database.read(lambda session: _of(session, installation_id))


def _of(session: Session, installation_id: int) -> list[Parking]:
    query = select(ParkingRow).where(ParkingRow.installation_id == installation_id)
    return [_parking(row) for row in session.scalars(query.order_by(ParkingRow.since.desc(), ParkingRow.id.desc()))]


def _row(parking: Parking) -> ParkingRow:
    return ParkingRow(
        installation_id=parking.installation_id,
        reason=parking.reason.value,
        note=parking.note,
        parked_by=parking.parked_by,
        since=parking.since,
        until=parking.until,
        ended_at=parking.ended_at,
        ended_by=parking.ended_by,
    )


def _parking(row: ParkingRow) -> Parking:
    return Parking(
        installation_id=row.installation_id,
        reason=ParkingReason(row.reason),
        note=row.note,
        parked_by=row.parked_by,
        since=row.since,
        until=row.until,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        id=row.id,
    )
