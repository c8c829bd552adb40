"""Check who answers: judges what meters tell of themselves, and opens a case where another meter answers.

Closes nothing: what becomes of the old meter and the new one is for a person to say, see `exchange_meter`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from headend.domain.errors import Conflict
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.exchanges import CaseState, HeardIdentity, IdentityCase, IdentityTold, PlannedExchange
from headend.domain.identity import (
    BELIEVED,
    REMEMBERED,
    IdentityFinding,
    IdentityPicture,
    RegisteredMeter,
    identity_of,
)
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, EventLog, ExchangeLedger, IdentityBook, IdentityVerdict, MeterRegistry
from headend.services.exchange_meter import ExchangeMeter
from headend.services.identity_words import OPENED, opened_words

Tells = deque[str | None]


@dataclass(slots=True)
class _Known:
    """The picture as it grows, by place: the usage point, which outlives its meters."""

    told: dict[int, Tells]
    registered: dict[int, RegisteredMeter] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)
    cases: dict[int, IdentityCase] = field(default_factory=dict)
    plans: dict[int, PlannedExchange] = field(default_factory=dict)
    meters: dict[int, MeterInstallation] = field(default_factory=dict)


class CheckIdentity:
    """Port IdentityCheck."""

    def __init__(
        self,
        registry: MeterRegistry,
        book: IdentityBook,
        exchange: ExchangeMeter,
        *,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._registry, self._book, self._exchange = registry, book, exchange
        self._ledger: ExchangeLedger = exchange.ledger
        self._clock, self._events = clock, events
        self._known: _Known | None = None
        self._told: dict[int, Tells] = {}
        self._unsaved: dict[int, HeardIdentity] = {}
        self._noisy: set[int] = set()
        exchange.listen(self.decided)

    def decided(self, place: int) -> None:
        """A person has decided or planned: read the records again; what was told before counts no more."""
        self._known = None
        self._told.pop(place, None)
        self._noisy.discard(place)

    async def told(self, tell: IdentityTold) -> IdentityVerdict:
        """See the port."""
        known = await self._picture(tell.installation)
        place = tell.installation.usage_point.id
        told = None if tell.identity is None else identity_of(tell.identity)
        if told == "":
            return self._where(known, place, IdentityFinding.UNTOLD, None, tell)
        known.told.setdefault(place, deque(maxlen=REMEMBERED)).append(told)
        finding = IdentityPicture(known.registered, known.homes, known.told).judge(place)
        if finding in (IdentityFinding.CONFIRMED, IdentityFinding.LEARNED):
            self._hear(known, place, told, tell)
        elif finding.is_another_meter:
            await self._another(known, place, finding, tell)
        return self._where(self._known or known, place, finding, told, tell)

    async def save(self) -> None:
        """See the port."""
        if self._unsaved:
            kept, self._unsaved = self._unsaved, {}
            await self._book.keep(list(kept.values()))

    def _hear(self, known: _Known, place: int, told: str | None, tell: IdentityTold) -> None:
        """Learned or confirmed: kept with the next batch."""
        assert told is not None
        meter = known.meters[place].meter
        known.registered[place] = RegisteredMeter(meter.serial_number, told, known.registered[place].planned)
        known.homes[told] = place
        self._unsaved[meter.id] = HeardIdentity(meter.id, told, tell.at, tell.at, tell.frame)

    async def _another(self, known: _Known, place: int, finding: IdentityFinding, tell: IdentityTold) -> None:
        identity = _foreign(known, place)
        case = known.cases.get(place)
        if identity == "":  # noise alone: nobody else can be named
            await self._tell_noise(place, tell)
        elif case is None:
            await self._open(known, place, finding, tell, identity)
        elif case.identity == identity and case.kind is not finding and finding is not IdentityFinding.DOUBTFUL:
            await self._rename(known, case, finding)

    async def _open(
        self, known: _Known, place: int, finding: IdentityFinding, tell: IdentityTold, identity: str
    ) -> None:
        told = IdentityTold(known.meters[place], identity, tell.at, tell.frame)
        await self.save()
        try:
            case = await self._ledger.open(told, finding)
        except Conflict:  # a person was quicker
            self._known = None
            return
        known.cases[place] = case
        self._exchange.changed()
        await self._record(case)
        if finding is IdentityFinding.SWAPPED_CABLES:
            await self._cross(known, case)
        plan = known.plans.pop(place, None)
        if plan is not None and identity_of(plan.serial_number) == identity:
            await self._exchange.fulfil(case, plan)

    async def _cross(self, known: _Known, case: IdentityCase) -> None:
        """The other end of two swapped cables was called a wrong address before this one was heard."""
        other = known.cases.get(known.homes.get(case.identity, -1))
        if other is not None and other.kind is IdentityFinding.WRONG_ADDRESS:
            await self._rename(known, other, IdentityFinding.SWAPPED_CABLES)

    async def _rename(self, known: _Known, case: IdentityCase, finding: IdentityFinding) -> None:
        await self._ledger.rename(case.id, finding)
        renamed = IdentityCase(case.id, case.old, case.new, finding, case.identity, case.opened_at, case.frame)
        known.cases[case.old.usage_point.id] = renamed
        await self._record(renamed)

    async def _record(self, case: IdentityCase) -> None:
        now = self._clock.now()
        await self._events.record(EndDeviceEvent(OPENED[case.kind], now, opened_words(case), case.new.id))

    async def _tell_noise(self, place: int, tell: IdentityTold) -> None:
        if place not in self._noisy:
            self._noisy.add(place)
            words = f"what answers under {tell.installation.meter.server_address} cannot be understood again and again"
            event = EndDeviceEvent(EventKind.ADDRESS_SHARED, self._clock.now(), words, tell.installation.id)
            await self._events.record(event)

    def _where(
        self, known: _Known, place: int, finding: IdentityFinding, told: str | None, tell: IdentityTold
    ) -> IdentityVerdict:
        """Readings belong to whoever told: the new meter of an open case, or the one that was registered before."""
        case = known.cases.get(place)
        if case is None:
            return IdentityVerdict(finding, known.meters.get(place, tell.installation))
        is_old = finding is IdentityFinding.CONFIRMED or (told is not None and known.registered[place].is_told_by(told))
        return IdentityVerdict(finding, case.old if is_old else case.new)

    async def _picture(self, asked: MeterInstallation) -> _Known:
        known = self._known or await self._load()
        if asked.usage_point.id not in known.meters:  # imported since
            known = await self._load()
        return known

    async def _load(self) -> _Known:
        await self.save()
        known = _Known(self._told)
        for case in await self._ledger.cases(CaseState.OPEN):
            known.cases[case.old.usage_point.id] = case
        for one in await self._registry.installations():
            known.meters[one.usage_point.id] = one
        for place, case in known.cases.items():
            known.meters[place] = case.old
        plans = {plan.installation_id: plan for plan in await self._ledger.plans()}
        heard = {one.meter_id: one.identity for one in await self._book.heard()}
        for place, one in known.meters.items():
            plan = plans.get(one.id)
            if plan is not None:
                known.plans[place] = plan
            expected = heard.get(one.meter.id, "")
            planned = identity_of(plan.serial_number) if plan else ""
            known.registered[place] = RegisteredMeter(one.meter.serial_number, expected, planned)
            known.homes[expected or identity_of(one.meter.serial_number)] = place
        self._known = known
        return known


def _foreign(known: _Known, place: int) -> str:
    """The newest identity that was told often enough and is not the registered meter's."""
    tells, meter = known.told[place], known.registered[place]
    for tell in reversed(tells):
        if tell is not None and not meter.is_told_by(tell) and tells.count(tell) >= BELIEVED:
            return tell
    return ""
