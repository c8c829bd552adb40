"""In-memory twins of the identity ports, over the twin of the registry. They run the same contract suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

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
from headend.domain.identity import IdentityFinding, identity_of
from headend.domain.metering import InstallationState, Meter, MeterInstallation
from tests.fakes.memory_stores import MemoryMeterRegistry


class MemoryIdentityBook:
    """Port IdentityBook."""

    def __init__(self) -> None:
        self.known: dict[int, HeardIdentity] = {}

    async def heard(self) -> Sequence[HeardIdentity]:
        return [self.known[meter] for meter in sorted(self.known)]

    async def heard_of(self, meter_ids: Sequence[int]) -> Sequence[HeardIdentity]:
        return [one for one in await self.heard() if one.meter_id in meter_ids]

    async def keep(self, identities: Sequence[HeardIdentity]) -> None:
        for one in identities:
            before = self.known.get(one.meter_id)
            if before is not None and before.identity == one.identity:
                one = replace(before, confirmed_at=max(before.confirmed_at, one.confirmed_at))
            self.known[one.meter_id] = one


class MemoryExchangeLedger:
    """Port ExchangeLedger."""

    def __init__(self, registry: MemoryMeterRegistry, book: MemoryIdentityBook) -> None:
        self._registry, self._book = registry, book
        self._cases: dict[int, IdentityCase] = {}
        self._plans: dict[int, PlannedExchange] = {}

    async def open(self, told: IdentityTold, kind: IdentityFinding) -> IdentityCase:
        old = await self._registry.installation(told.installation.id)
        if not old.is_open:
            raise Conflict(f"installation {old.id} is not open any more")
        assert told.identity is not None
        self._registry.replace(replace(old, state=InstallationState.SUPERSEDED, superseded_at=told.at))
        new = replace(
            old,
            id=max(one.id for one in self._registry.known) + 1,
            meter=self._told_meter(told.identity, old.meter),
            installed_at=told.at,
            state=InstallationState.UNCONFIRMED,
        )
        self._registry.replace(new)
        case = IdentityCase(len(self._cases) + 1, old, new, kind, told.identity, told.at, told.frame)
        self._cases[case.id] = case
        self._plans.pop(old.id, None)
        return self._now(case)

    async def rename(self, case_id: int, kind: IdentityFinding) -> None:
        self._cases[case_id] = replace(self._open(case_id), kind=kind)

    async def confirm(self, case_id: int, order: ExchangeOrder, closed_at: datetime) -> IdentityCase:
        case = self._open(case_id)
        if order.at <= case.old.installed_at:
            raise Conflict("the exchange would lie before the old meter was installed")
        for one in self._registry.known:
            if one.meter.id == case.new.meter.id and one.is_open and not one.is_switching_blocked:
                raise Conflict(f"meter {one.meter.serial_number} is registered at another usage point still")
        self._registry.replace(replace(case.old, removed_at=order.at))
        self._registry.replace(replace(case.new, installed_at=order.at, state=InstallationState.CONFIRMED))
        await self._book.keep(
            [HeardIdentity(case.new.meter.id, case.identity, case.opened_at, case.opened_at, case.frame)]
        )
        closed = replace(
            case, state=CaseState.CONFIRMED, closed_at=closed_at, closed_by=order.by, note=order.note, order=order
        )
        self._cases[case_id] = closed
        return self._now(closed)

    async def reject(self, case_id: int, by: str, note: str, closed_at: datetime) -> IdentityCase:
        case = self._open(case_id)
        self._registry.replace(
            replace(case.new, removed_at=after(case.new.installed_at, closed_at), state=InstallationState.REJECTED)
        )
        self._registry.replace(case.old)
        closed = replace(case, state=CaseState.REJECTED, closed_at=closed_at, closed_by=by, note=note)
        self._cases[case_id] = closed
        return self._now(closed)

    async def cases(self, state: CaseState | None = None, installation_id: int | None = None) -> Sequence[IdentityCase]:
        found = [self._now(case) for case in self._cases.values() if state is None or case.state is state]
        if installation_id is not None:
            found = [case for case in found if installation_id in (case.old.id, case.new.id)]
        return sorted(found, key=lambda case: (case.opened_at, case.id), reverse=True)

    async def plan(self, planned: PlannedExchange) -> PlannedExchange:
        if planned.installation_id not in [one.id for one in self._registry.known]:
            raise UnknownMeter(f"no meter installation {planned.installation_id}")
        self._plans[planned.installation_id] = replace(planned, id=len(self._plans) + 1)
        return self._plans[planned.installation_id]

    async def plans(self) -> Sequence[PlannedExchange]:
        return [self._plans[number] for number in sorted(self._plans)]

    def _open(self, case_id: int) -> IdentityCase:
        case = self._cases.get(case_id)
        if case is None or case.state is not CaseState.OPEN:
            raise Conflict(f"there is no open identity case {case_id}")
        return case

    def _now(self, case: IdentityCase) -> IdentityCase:
        known = {one.id: one for one in self._registry.known}
        return replace(case, old=known[case.old.id], new=known[case.new.id])

    def _told_meter(self, identity: str, old: Meter) -> Meter:
        def tells(one: MeterInstallation) -> bool:
            heard = self._book.known.get(one.meter.id)
            return (heard.identity if heard else identity_of(one.meter.serial_number)) == identity

        found = next((one.meter for one in self._registry.known if tells(one)), None)
        number = max(one.meter.id for one in self._registry.known) + 1
        serial = identity.rjust(12, "0") if identity.isdigit() else identity
        known = (number, serial) if found is None else (found.id, found.serial_number)
        return replace(old, id=known[0], serial_number=known[1])
