"""One pass over all meters: each line goes through its meters in order, all lines at once. Decides no schedule."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.checked_gateway import CheckedGateway
from collectors.gateway import FieldGateway
from collectors.identity import IdentityWatch
from collectors.quarantine import Quarantine
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import FieldError, LineDown, StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import MeterInstallation
from headend.ports import Clock, EventLog, ReadingSink

METER_DEADLINE_S = 60.0
KEPT_AT_ONCE = 32  # meters of one route whose readings are on their way to the store; then the route waits
AskMeter = Callable[[MeterInstallation], Awaitable[MeterAnswer | None]]


@dataclass(slots=True)
class PassReport:
    """What one pass did: meters asked, answered, spared by quarantine, not asked after `until`, and readings kept."""

    asked: int = 0
    answered: int = 0
    spared: int = 0
    unasked: int = 0
    readings: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PassTerms:
    """What registers to ask for (none: those of each meter's profile), how urgently, and until when to ask anybody."""

    items: Sequence[str] = ()
    priority: Priority = Priority.SCHEDULED
    until: datetime | None = None


AS_USUAL = PassTerms()


class Collection:
    """Asks meters and hands on what they say; a silent meter or a broken line costs nobody else anything."""

    def __init__(
        self,
        gateway: FieldGateway,
        sink: ReadingSink,
        *,
        clock: Clock,
        events: EventLog,
        quarantine: Quarantine,
        identity: IdentityWatch | None = None,
    ) -> None:
        """Without `identity` every meter is believed to be the registered one."""
        self._gateway, self._sink, self._identity = gateway, sink, identity
        self._memory = gateway if identity is None else CheckedGateway(gateway, identity)
        self._clock, self._events, self._quarantine = clock, events, quarantine

    @property
    def silent(self) -> frozenset[int]:
        """The meters that are called silent now."""
        return self._quarantine.silent

    async def registers(
        self,
        installations: Sequence[MeterInstallation],
        heard: Callable[[], None] = lambda: None,
        *,
        watched: Sequence[MeterInstallation] | None = None,
        terms: PassTerms = AS_USUAL,
    ) -> PassReport:
        """Read the periodic items of every meter that is due; `heard` is called after each meter.

        `watched` are the meters whose own reports are kept: those that are asked unless more are named.
        """
        self._gateway.watch(installations if watched is None else watched)

        async def ask(installation: MeterInstallation) -> MeterAnswer | None:
            line = self._gateway.line(installation)
            items = line.periodic_items(installation)
            if not items:
                return None  # it reports by itself
            asked = terms.items or items
            if self._identity is None:
                return await line.read(installation, asked, terms.priority, METER_DEADLINE_S)
            asked = self._identity.with_identity(installation, asked)
            answer = await line.read(installation, asked, terms.priority, METER_DEADLINE_S)
            return await self._identity.settled(installation, answer, self._read_more)

        return await self._pass(installations, ask, heard, terms.until)

    async def daily_freezes(
        self,
        installations: Sequence[MeterInstallation],
        days: Sequence[int],
        heard: Callable[[], None] = lambda: None,
        *,
        terms: PassTerms = AS_USUAL,
    ) -> PassReport:
        """Read the registers frozen at the given midnights (1 = newest) of every meter that keeps them."""

        async def ask(installation: MeterInstallation) -> MeterAnswer | None:
            return await self._memory.read_daily_freeze(installation, days)

        return await self._pass(installations, ask, heard, terms.until)

    async def load_profiles(
        self, installations: Sequence[MeterInstallation], start: datetime, slots: int, *, terms: PassTerms = AS_USUAL
    ) -> PassReport:
        """Read the registers at slot boundaries from the memory of every meter that keeps them."""

        async def ask(installation: MeterInstallation) -> MeterAnswer | None:
            return await self._memory.read_load_profile(installation, start, slots)

        return await self._pass(installations, ask, lambda: None, terms.until)

    async def _pass(
        self,
        installations: Sequence[MeterInstallation],
        ask: AskMeter,
        heard: Callable[[], None],
        until: datetime | None = None,
    ) -> PassReport:
        report = PassReport(until=until)
        async with asyncio.TaskGroup() as group:
            for route in by_line(installations):
                lanes = self._gateway.line(route[0]).lanes
                for lane in range(min(lanes, len(route))):
                    group.create_task(self._route(route[lane::lanes], ask, report, heard))
        if self._identity is not None:
            await self._identity.save()
        return report

    async def _read_more(self, installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
        return await self._gateway.line(installation).read(installation, items, Priority.SCHEDULED, METER_DEADLINE_S)

    async def _route(
        self, route: Sequence[MeterInstallation], ask: AskMeter, report: PassReport, heard: Callable[[], None]
    ) -> None:
        room = asyncio.Semaphore(KEPT_AT_ONCE)
        async with asyncio.TaskGroup() as group:  # keeps some meters' readings while the next meters are asked
            for installation in route:
                if report.until is not None and self._clock.now() >= report.until:
                    report.unasked += 1
                    continue
                if not self._quarantine.is_due(installation.id):
                    report.spared += 1
                    continue
                answer = await self._ask(installation, ask, report)
                heard()
                if answer is not None and answer.readings:
                    await room.acquire()
                    group.create_task(self._keep(answer, report)).add_done_callback(lambda done: room.release())

    async def _ask(self, installation: MeterInstallation, ask: AskMeter, report: PassReport) -> MeterAnswer | None:
        try:
            answer = await ask(installation)
        except LineDown:  # the line's own events tell so; nothing is known of the meter
            report.asked += 1
            return None
        except FieldError as error:
            report.asked += 1
            await self._silent(installation, str(error))
            return None
        if answer is None or not answer.results:
            return None
        report.asked += 1
        if answer.is_answered:
            report.answered += 1
            await self._back(installation)
        else:
            await self._silent(installation, answer.results[0].reason)
        return answer

    async def _keep(self, answer: MeterAnswer, report: PassReport) -> None:
        try:
            await self._sink.accept(answer.readings)
        except StoreUnavailable as error:  # store and spool are full; the meter still has its memory
            await self._events.record(EndDeviceEvent(EventKind.STORE_DOWN, self._clock.now(), str(error)))
            return
        report.readings += len(answer.readings)

    async def _silent(self, installation: MeterInstallation, reason: str) -> None:
        if self._identity is not None:
            self._identity.lost(installation)
        if self._quarantine.failed(installation.id):
            await self._tell(EventKind.METER_SILENT, installation, reason)

    async def _back(self, installation: MeterInstallation) -> None:
        if self._quarantine.answered(installation.id):
            await self._tell(EventKind.METER_BACK, installation, "")

    async def _tell(self, kind: EventKind, installation: MeterInstallation, detail: str) -> None:
        await self._events.record(EndDeviceEvent(kind, self._clock.now(), detail, installation.id))


def by_line(installations: Sequence[MeterInstallation]) -> list[list[MeterInstallation]]:
    """The meters of each line in the order given."""
    routes: dict[str, list[MeterInstallation]] = defaultdict(list)
    for installation in installations:
        routes[installation.meter.line.url].append(installation)
    return list(routes.values())
