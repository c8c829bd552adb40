"""Port ExchangeLedger: another meter at a place, until a person has decided. Rows are closed, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, UnknownMeter
from headend.domain.exchanges import (
    CaseState,
    ExchangeOrder,
    HeardIdentity,
    IdentityCase,
    IdentityTold,
    PlannedExchange,
    after,
)
from headend.domain.identity import IdentityFinding
from headend.domain.metering import InstallationState
from headend.domain.readings import RawFrame
from headend.stores.state.database import StateDatabase
from headend.stores.state.identity import hear
from headend.stores.state.models import MeterInstallationRow, MeterRow
from headend.stores.state.models_identity import HeardIdentityRow, IdentityCaseRow, PlannedExchangeRow
from headend.stores.state.registry import installation_of

Place = MeterInstallationRow


class SqlExchangeLedger:
    """Cases and plans."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    async def open(self, told: IdentityTold, kind: IdentityFinding) -> IdentityCase:
        """Supersede the installation and open an unconfirmed one of the told meter there; Conflict."""
        return await self._database.write(lambda session: _open(session, told, kind))

    async def rename(self, case_id: int, kind: IdentityFinding) -> None:
        """More is known: the case is of another kind."""

        def change(session: Session) -> None:
            _open_case(session, case_id).kind = kind.value

        await self._database.write(change)

    async def confirm(self, case_id: int, order: ExchangeOrder, closed_at: datetime) -> IdentityCase:
        """The old installation ends and the new one begins at `order.at`; Conflict when that cannot be."""
        return await self._database.write(lambda session: _confirm(session, case_id, order, closed_at))

    async def reject(self, case_id: int, by: str, note: str, closed_at: datetime) -> IdentityCase:
        """The old installation is open again, the new one ends now; Conflict when the case is closed."""
        return await self._database.write(lambda session: _reject(session, case_id, (by, note), closed_at))

    async def cases(self, state: CaseState | None = None, installation_id: int | None = None) -> Sequence[IdentityCase]:
        """Newest first; those of a state, those in which an installation is the old or the new one."""
        query = select(IdentityCaseRow).order_by(IdentityCaseRow.opened_at.desc(), IdentityCaseRow.id.desc())
        if state is not None:
            query = query.where(IdentityCaseRow.state == state.value)
        if installation_id is not None:
            ends = (IdentityCaseRow.old_installation_id, IdentityCaseRow.new_installation_id)
            query = query.where(or_(*(end == installation_id for end in ends)))
        return await self._database.read(lambda session: [_case(session, row) for row in session.scalars(query)])

    async def plan(self, planned: PlannedExchange) -> PlannedExchange:
        """Keep a plan in the place of an earlier one of the same installation; UnknownMeter."""

        def keep(session: Session) -> PlannedExchange:
            if session.get(Place, planned.installation_id) is None:
                raise UnknownMeter(f"no meter installation {planned.installation_id}")
            _end_plan(session, planned.installation_id, planned.planned_at)
            row = _plan_row(planned)
            session.add(row)
            session.flush()
            return _plan(row)

        return await self._database.write(keep)

    async def plans(self) -> Sequence[PlannedExchange]:
        """Those of open installations that have not come true, by installation."""
        query = select(PlannedExchangeRow).where(PlannedExchangeRow.done_at.is_(None))
        query = query.order_by(PlannedExchangeRow.installation_id)
        return await self._database.read(lambda session: [_plan(row) for row in session.scalars(query)])


def _open(session: Session, told: IdentityTold, kind: IdentityFinding) -> IdentityCase:
    old = session.get(Place, told.installation.id)
    if old is None or old.removed_at is not None or old.superseded_at is not None:
        raise Conflict(f"installation {told.installation.id} is not open any more")
    assert told.identity is not None
    old.state, old.superseded_at = InstallationState.SUPERSEDED.value, told.at
    session.flush()
    new = Place(
        usage_point=old.usage_point,
        meter=_told_meter(session, told.identity, old.meter),
        line=old.line,
        server_address=old.server_address,
        installed_at=told.at,
        multiplier=old.multiplier,
        state=InstallationState.UNCONFIRMED.value,
    )
    session.add(new)
    session.flush()
    row = IdentityCaseRow(
        old_installation_id=old.id,
        new_installation_id=new.id,
        kind=kind.value,
        identity=told.identity,
        opened_at=told.at,
        request=told.frame.request,
        reply=told.frame.reply,
        state=CaseState.OPEN.value,
        closed_by="",
        note="",
    )
    session.add(row)
    _end_plan(session, old.id, told.at)
    session.flush()
    return _case(session, row)


def _told_meter(session: Session, identity: str, old: MeterRow) -> MeterRow:
    """The meter that tells this identity: heard before, or registered under that number, or new."""
    heard = session.scalar(
        select(HeardIdentityRow.meter_id)
        .where(HeardIdentityRow.identity == identity)
        .order_by(HeardIdentityRow.meter_id)
        .limit(1)
    )
    if heard is not None:
        found = session.get(MeterRow, heard)
        assert found is not None
        return found
    padded = [identity, *(identity.rjust(width, "0") for width in (8, 10, 12))]
    found = session.scalar(select(MeterRow).where(MeterRow.serial_number.in_(padded)).order_by(MeterRow.id).limit(1))
    if found is not None:
        return found
    number = identity.rjust(12, "0") if identity.isdigit() else identity
    return MeterRow(serial_number=number, protocol=old.protocol, profile=old.profile)


def _confirm(session: Session, case_id: int, order: ExchangeOrder, closed_at: datetime) -> IdentityCase:
    row = _open_case(session, case_id)
    old, new = _ends(session, row)
    if order.at <= old.installed_at:
        raise Conflict("the exchange would lie before the old meter was installed")
    old.removed_at, old.superseded_at, old.state = order.at, None, InstallationState.CONFIRMED.value
    session.flush()
    standing = (Place.removed_at.is_(None), Place.superseded_at.is_(None), Place.state == InstallationState.CONFIRMED)
    if session.scalar(select(Place.id).where(Place.meter_id == new.meter_id, *standing)) is not None:
        problem = f"meter {new.meter.serial_number} is registered at another usage point still"
        raise Conflict(f"{problem}; settle that one first")
    new.installed_at, new.state = order.at, InstallationState.CONFIRMED.value
    session.flush()
    hear(
        session,
        HeardIdentity(new.meter_id, row.identity, row.opened_at, row.opened_at, RawFrame(row.request, row.reply)),
    )
    row.state, row.closed_at, row.closed_by, row.note = CaseState.CONFIRMED.value, closed_at, order.by, order.note
    row.exchanged_at, row.last_register, row.first_register = order.at, order.last_register, order.first_register
    session.flush()
    return _case(session, row)


def _reject(session: Session, case_id: int, said: tuple[str, str], closed_at: datetime) -> IdentityCase:
    row = _open_case(session, case_id)
    old, new = _ends(session, row)
    new.removed_at, new.state = after(new.installed_at, closed_at), InstallationState.REJECTED.value
    session.flush()
    old.superseded_at, old.state = None, InstallationState.CONFIRMED.value
    row.state, row.closed_at, (row.closed_by, row.note) = CaseState.REJECTED.value, closed_at, said
    session.flush()
    return _case(session, row)


def _open_case(session: Session, case_id: int) -> IdentityCaseRow:
    row = session.get(IdentityCaseRow, case_id)
    if row is None or row.state != CaseState.OPEN:
        raise Conflict(f"there is no open identity case {case_id}")
    return row


def _ends(session: Session, row: IdentityCaseRow) -> tuple[Place, Place]:
    old, new = session.get(Place, row.old_installation_id), session.get(Place, row.new_installation_id)
    assert old is not None and new is not None
    return old, new


def _end_plan(session: Session, installation_id: int, at: datetime) -> None:
    query = select(PlannedExchangeRow).where(PlannedExchangeRow.installation_id == installation_id)
    for row in session.scalars(query.where(PlannedExchangeRow.done_at.is_(None))):
        row.done_at = at
    session.flush()


def _case(session: Session, row: IdentityCaseRow) -> IdentityCase:
    old, new = _ends(session, row)
    order = None
    if row.exchanged_at is not None and row.last_register is not None and row.first_register is not None:
        order = ExchangeOrder(row.exchanged_at, row.closed_by, row.last_register, row.first_register, row.note)
    return IdentityCase(
        id=row.id,
        old=installation_of(old),
        new=installation_of(new),
        kind=IdentityFinding(row.kind),
        identity=row.identity,
        opened_at=row.opened_at,
        frame=RawFrame(row.request, row.reply),
        state=CaseState(row.state),
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        note=row.note,
        order=order,
    )


def _plan_row(planned: PlannedExchange) -> PlannedExchangeRow:
    return PlannedExchangeRow(
        installation_id=planned.installation_id,
        serial_number=planned.serial_number,
        expected_at=planned.expected_at,
        planned_by=planned.planned_by,
        planned_at=planned.planned_at,
        last_register=planned.last_register,
        first_register=planned.first_register,
        note=planned.note,
    )


def _plan(row: PlannedExchangeRow) -> PlannedExchange:
    return PlannedExchange(
        installation_id=row.installation_id,
        serial_number=row.serial_number,
        expected_at=row.expected_at,
        planned_by=row.planned_by,
        planned_at=row.planned_at,
        last_register=row.last_register,
        first_register=row.first_register,
        note=row.note,
        id=row.id,
    )
