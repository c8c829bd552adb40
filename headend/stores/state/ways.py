"""Port WayBook: more ways to meters than their own lines, and the way in use. Rows are ended, never deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownMeter, UnknownWay
from headend.domain.instants import iso
from headend.domain.metering import Line, Protocol
from headend.domain.ways import Way, WayChoice, WayReason
from headend.stores.state.database import StateDatabase
from headend.stores.state.models import LineRow, MeterInstallationRow
from headend.stores.state.models_ways import MeterWayRow, WayChoiceRow

IN_ORDER = (MeterWayRow.installation_id, MeterWayRow.rank, MeterWayRow.valid_from)


class SqlWayBook:
    """Ways by meter and rank."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def add(self, ways: Sequence[Way]) -> Sequence[Way]:
        """See WayBook."""
        return await self._database.write(lambda session: [_way(_added(session, way)) for way in ways])

    async def end(self, way_id: int, at: datetime) -> Way:
        """See WayBook."""

        def close(session: Session) -> Way:
            row = session.get(MeterWayRow, way_id)
            if row is None:
                raise UnknownWay(f"no way {way_id}")
            if row.valid_to is not None and row.valid_to <= at:
                raise Conflict(f"the way has ended at {iso(row.valid_to)}")
            if at <= row.valid_from:
                raise Conflict(f"the way begins at {iso(row.valid_from)}; it cannot end before")
            row.valid_to = at
            session.flush()
            return _way(row)

        return await self._database.write(close)

    async def of(self, installation_id: int) -> Sequence[Way]:
        """See WayBook."""
        query = select(MeterWayRow).where(MeterWayRow.installation_id == installation_id).order_by(*IN_ORDER)
        return await self._database.read(lambda session: [_way(row) for row in session.scalars(query)])

    async def open_at(self, instant: datetime) -> Sequence[Way]:
        """See WayBook."""
        query = select(MeterWayRow).where(or_(MeterWayRow.valid_to.is_(None), MeterWayRow.valid_to > instant))
        query = query.order_by(*IN_ORDER)
        return await self._database.read(lambda session: [_way(row) for row in session.scalars(query)])

    async def choices(self) -> Mapping[int, WayChoice]:
        """See WayBook."""

        def found(session: Session) -> dict[int, WayChoice]:
            return {
                row.installation_id: WayChoice(row.rank, row.since, WayReason(row.reason), row.problem)
                for row in session.scalars(select(WayChoiceRow))
            }

        return await self._database.read(found)

    async def choose(self, installation_id: int, choice: WayChoice) -> None:
        """See WayBook."""

        def keep(session: Session) -> None:
            row = session.get(WayChoiceRow, installation_id)
            if row is None:
                row = WayChoiceRow(installation_id=installation_id)
                session.add(row)
            row.rank, row.since = choice.rank, choice.since
            row.reason, row.problem = choice.reason.value, choice.problem
            session.flush()

        await self._database.write(keep)


def _added(session: Session, way: Way) -> MeterWayRow:
    place = session.get(MeterInstallationRow, way.installation_id)
    if place is None:
        raise UnknownMeter(f"no meter installation {way.installation_id}")
    line = session.scalar(select(LineRow).where(LineRow.url == way.line.url)) or LineRow(url=way.line.url)
    session.add(line)
    session.flush()
    _refuse_taken(session, way, line.id)
    row = MeterWayRow(
        installation_id=way.installation_id,
        rank=way.rank,
        protocol=way.protocol.value,
        profile=way.profile,
        server_address=way.server_address,
        line=line,
        valid_from=way.valid_from,
        valid_to=way.valid_to,
        added_by=way.added_by,
    )
    session.add(row)
    session.flush()
    return row


def _refuse_taken(session: Session, way: Way, line_id: int) -> None:
    meter, address = way.installation_id, f"address {way.server_address} on {way.line.url}"
    for known in session.scalars(select(MeterWayRow).where(MeterWayRow.installation_id == meter).order_by(*IN_ORDER)):
        if known.rank == way.rank and _way(known).overlaps(way):
            raise Conflict(f"meter {meter} has a way of rank {way.rank} already, since {iso(known.valid_from)}")
    place = MeterInstallationRow
    at_address = select(place.id).where(place.line_id == line_id, place.server_address == way.server_address)
    is_open = (place.removed_at.is_(None), place.superseded_at.is_(None))
    own = session.scalar(at_address.where(*is_open))
    if own is not None:
        raise Conflict(f"{address} is the own line of meter {own}")
    beside = select(MeterWayRow).where(MeterWayRow.line_id == line_id, MeterWayRow.server_address == way.server_address)
    for known in session.scalars(beside.order_by(*IN_ORDER)):
        if _way(known).overlaps(way):
            raise Conflict(f"{address} is a way to meter {known.installation_id} already")


def _way(row: MeterWayRow) -> Way:
    return Way(
        row.installation_id,
        row.rank,
        Protocol(row.protocol),
        row.profile,
        row.server_address,
        Line(row.line.id, row.line.url),
        row.valid_from,
        row.valid_to,
        row.added_by,
        row.id,
    )
