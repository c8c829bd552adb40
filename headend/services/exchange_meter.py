"""Exchange a meter: planned ahead, told afterwards, or found by its identity and then decided by a person.

The old installation ends with its last register, the new one begins with its first; both are kept as readings, so that
a bill across the exchange is made of two parts. Reads no wire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from headend.domain.errors import Conflict
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.exchanges import CaseState, ExchangeOrder, IdentityCase, IdentityTold, PlannedExchange
from headend.domain.identity import IdentityFinding, identity_of
from headend.domain.instants import iso
from headend.domain.metering import MeterInstallation
from headend.domain.quality import is_billable, mask
from headend.domain.reading_types import ReadingType
from headend.domain.readings import Reading, ReadingSource
from headend.ports import Clock, EventLog, ExchangeLedger, MeterRegistry, ReadingSink, ReadingStore

REGISTER = "active_energy_import"


class ExchangeMeter:
    """`changed` is called when another installation is open at a place; who listens is told of decisions by place."""

    def __init__(
        self,
        registry: MeterRegistry,
        ledger: ExchangeLedger,
        store: ReadingStore,
        sink: ReadingSink,
        register: ReadingType,
        *,
        clock: Clock,
        events: EventLog,
        changed: Callable[[], None],
    ) -> None:
        self._registry, self.ledger, self._store, self._sink = registry, ledger, store, sink
        self._register, self._clock, self._events, self.changed = register, clock, events, changed
        self._listeners: list[Callable[[int], None]] = []

    def listen(self, decided: Callable[[int], None]) -> None:
        """From now on tell this one at which place a person has decided or planned something."""
        self._listeners.append(decided)

    async def cases(self, state: CaseState | None = None, installation_id: int | None = None) -> Sequence[IdentityCase]:
        """Newest first; see ExchangeLedger. UnknownMeter."""
        if installation_id is not None:
            await self._registry.installation(installation_id)
        return await self.ledger.cases(state, installation_id)

    async def planned(self, installation_id: int) -> PlannedExchange | None:
        """The exchange that is ahead of an installation."""
        return next((one for one in await self.ledger.plans() if one.installation_id == installation_id), None)

    async def plan(self, planned: PlannedExchange) -> PlannedExchange:
        """Keep that another meter is expected; UnknownMeter, Conflict when the installation is not open."""
        installation = await self._open_installation(planned.installation_id)
        _require_other(installation, planned.serial_number)
        kept = await self.ledger.plan(planned)
        words = (
            f"{planned.serial_number} is expected from {iso(planned.expected_at)} on, planned by {planned.planned_by}"
        )
        await self._tell(EventKind.EXCHANGE_PLANNED, words, installation.id)
        self._decided(installation)
        return kept

    async def exchange(self, installation_id: int, serial_number: str, order: ExchangeOrder) -> IdentityCase:
        """A person tells of an exchange that was made, whether its meter was heard already or not.

        UnknownMeter; Conflict when another meter than this one was heard, or registers or time cannot be.
        """
        if order.at > self._clock.now():
            raise Conflict("the exchange would lie ahead; plan it")
        case = await self._open_case(installation_id)
        if case is not None:
            if identity_of(serial_number) not in (case.identity, identity_of(case.new.meter.serial_number)):
                raise Conflict(f"the meter that answers there tells {case.identity}, not {serial_number}")
            return await self.confirm(case.old.id, order)
        old = await self._open_installation(installation_id)
        _require_other(old, serial_number)
        await self._check_last(old, order)
        told = IdentityTold(old, identity_of(serial_number), order.at)
        return await self._close(await self.ledger.open(told, IdentityFinding.EXCHANGED), order)

    async def confirm(self, installation_id: int, order: ExchangeOrder) -> IdentityCase:
        """The meter that answers at the place of this installation, old or new, belongs there; Conflict."""
        case = await self._required_case(installation_id)
        if order.at > self._clock.now():
            raise Conflict("an exchange that is confirmed does not lie ahead")
        await self._check_last(case.old, order)
        await self._check_first(case.new, order)
        return await self._close(case, order)

    async def reject(self, installation_id: int, by: str, note: str = "") -> IdentityCase:
        """The registered meter is the right one: it is open again, the other one's installation ends; Conflict."""
        case = await self._required_case(installation_id)
        closed = await self.ledger.reject(case.id, by, note, self._clock.now())
        self._decided(closed.old)
        words = f"{closed.old.meter.serial_number} stays; {closed.new.meter.serial_number} was rejected by {by}"
        await self._tell(EventKind.EXCHANGE_REJECTED, f"{words}: {note}" if note else words, closed.old.id)
        return closed

    async def fulfil(self, case: IdentityCase, plan: PlannedExchange) -> None:
        """The planned meter answers: with both registers given before, nobody need confirm what was said already."""
        if plan.last_register is None or plan.first_register is None:
            return
        at = min(plan.expected_at, case.opened_at)
        order = ExchangeOrder(at, plan.planned_by, plan.last_register, plan.first_register, plan.note)
        try:
            await self._check_last(case.old, order)
            await self._close(case, order)
        except Conflict as problem:  # the plan does not fit what came: the case stays open for a person
            await self._tell(
                EventKind.EXCHANGE_PLANNED, f"the plan cannot confirm the exchange: {problem}", case.new.id
            )

    async def _close(self, case: IdentityCase, order: ExchangeOrder) -> IdentityCase:
        closed = await self.ledger.confirm(case.id, order, self._clock.now())
        self._decided(closed.old)
        await self._sink.accept(
            [
                self._shown(closed.old, order, order.last_register),
                self._shown(closed.new, order, order.first_register),
            ]
        )
        words = (
            f"{closed.old.usage_point.name}: {closed.old.meter.serial_number} at {order.last_register} kWh gave way "
            f"to {closed.new.meter.serial_number} at {order.first_register} kWh "
            f"at {iso(order.at)}, confirmed by {order.by}"
        )
        await self._tell(EventKind.EXCHANGE_CONFIRMED, words, closed.new.id)
        return closed

    def _shown(self, installation: MeterInstallation, order: ExchangeOrder, value: Decimal) -> Reading:
        kind = self._register
        return Reading(
            installation.id, kind, order.at, self._clock.now(), value, kind.unit, ReadingSource.EXCHANGE, frozenset()
        )

    async def _check_last(self, old: MeterInstallation, order: ExchangeOrder) -> None:
        for shown in await self._store.latest(old.id):
            is_before = shown.measured_at <= order.at and is_billable(mask(shown.qualities))
            is_ours = shown.reading_type == self._register
            if is_ours and is_before and order.last_register < Decimal(shown.text):
                raise Conflict(f"the old meter showed {shown.text} at {iso(shown.measured_at)} already")

    async def _check_first(self, new: MeterInstallation, order: ExchangeOrder) -> None:
        for shown in await self._store.latest(new.id):
            if shown.reading_type == self._register and order.first_register > Decimal(shown.text):
                raise Conflict(f"the new meter shows {shown.text} at {iso(shown.measured_at)} only")

    async def _open_installation(self, installation_id: int) -> MeterInstallation:
        installation = await self._registry.installation(installation_id)
        if not installation.is_open:
            raise Conflict(f"installation {installation_id} is not open any more")
        return installation

    async def _open_case(self, installation_id: int) -> IdentityCase | None:
        return next(iter(await self.cases(CaseState.OPEN, installation_id)), None)

    async def _required_case(self, installation_id: int) -> IdentityCase:
        case = await self._open_case(installation_id)
        if case is None:
            raise Conflict(f"no other meter was found at installation {installation_id}")
        return case

    def _decided(self, installation: MeterInstallation) -> None:
        self.changed()
        for decided in self._listeners:
            decided(installation.usage_point.id)

    async def _tell(self, kind: EventKind, words: str, installation_id: int) -> None:
        await self._events.record(EndDeviceEvent(kind, self._clock.now(), words, installation_id))


def _require_other(installation: MeterInstallation, serial_number: str) -> None:
    if not identity_of(serial_number):
        raise Conflict(f"{serial_number!r} is no serial number")
    if identity_of(serial_number) == identity_of(installation.meter.serial_number):
        raise Conflict(f"meter {serial_number} is installed there already")
