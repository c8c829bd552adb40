"""One pass over all meters: each line goes through its meters in order, all lines at once. Decides no schedule."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collectors.checked_gateway import CheckedGateway
from collectors.gateway import FieldGateway
from collectors.identity import IdentityWatch
from collectors.quarantine import Quarantine
from collectors.ways import WaySteering, WayTurn
from headend.domain.collection import MeterAnswer, Priority
from headend.domain.errors import FieldError, LineDown, StoreUnavailable
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import OWN_LINE, MeterInstallation
from headend.domain.ways import WayReason
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


@dataclass(frozen=True, slots=True)
class _Pass:
    """What is asked in one pass, who is told of each meter, and the turns of meters with several ways."""

    ask: AskMeter
    heard: Callable[[], None]
    report: PassReport
    turns: Mapping[int, WayTurn]


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
        ways: WaySteering | None = None,
    ) -> None:
        """Without `identity` every meter is believed to be the registered one; without `ways` it has its own line."""
        self._gateway, self._sink, self._identity, self._ways = gateway, sink, identity, ways
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
        everybody = installations if watched is None else watched
        if self._ways is not None:
            await self._ways.refresh()
            everybody = self._ways.every(everybody)
        self._gateway.watch(everybody)

        async def ask(installation: MeterInstallation) -> MeterAnswer | None:
            line = self._gateway.line(installation)
            items = line.periodic_items(installation)
            if not items:
                return None  # it reports by itself
            asked = terms.items or items
            if self._ways is not None and installation.way != OWN_LINE:
                asked = self._ways.with_identity(installation, asked)
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
        turns: Mapping[int, WayTurn] = {}
        if self._ways is not None:
            await self._ways.refresh()
            turns = self._ways.turns(installations)
        firsts = [turns[one.id].next or one if one.id in turns else one for one in installations]
        await self._routes(firsts, _Pass(ask, heard, report, turns))
        if self._identity is not None:
            await self._identity.save()
        return report

    async def _routes(self, installations: Sequence[MeterInstallation], work: _Pass) -> None:
        async with asyncio.TaskGroup() as group:
            for route in by_line(installations):
                lanes = self._gateway.line(route[0]).lanes
                for lane in range(min(lanes, len(route))):
                    group.create_task(self._route(route[lane::lanes], work))

    async def _read_more(self, installation: MeterInstallation, items: Sequence[str]) -> MeterAnswer:
        return await self._gateway.line(installation).read(installation, items, Priority.SCHEDULED, METER_DEADLINE_S)

    async def _route(self, route: Sequence[MeterInstallation], work: _Pass) -> None:
        """The meters of a line in order; those that want another way are asked when the line's others have been."""
        room, report = asyncio.Semaphore(KEPT_AT_ONCE), work.report
        again: list[MeterInstallation] = []
        async with asyncio.TaskGroup() as group:  # keeps some meters' readings while the next meters are asked
            for installation in route:
                turn = work.turns.get(installation.id)
                if not await self._is_asked(installation, turn, report):
                    continue
                if turn is None:
                    answer = await self._ask(installation, work.ask, report)
                else:
                    answer = await self._ask_by_way(installation, turn, work)
                    again += [turn.next] if turn.next is not None and not turn.is_over else []
                work.heard()
                if answer is not None and answer.readings:
                    await room.acquire()
                    group.create_task(self._keep(answer, report)).add_done_callback(lambda done: room.release())
        if again:
            await self._routes(again, work)

    async def _is_asked(self, installation: MeterInstallation, turn: WayTurn | None, report: PassReport) -> bool:
        is_first = turn is None or not turn.outcomes
        if report.until is not None and self._clock.now() >= report.until:
            report.unasked += is_first
            if turn is not None and not is_first:
                await self._over(turn, report)
            return False
        if is_first and not self._quarantine.is_due(installation.id):
            report.spared += 1
            return False
        return True

    async def _ask_by_way(self, installation: MeterInstallation, turn: WayTurn, work: _Pass) -> MeterAnswer | None:
        """Ask a meter with several ways by one of them; the turn is over with an answer or with the last way."""
        ways, answer = self._ways, None
        assert ways is not None
        try:
            answer = await work.ask(installation)
            if answer is None:
                problem = ways.reported(installation)
            elif not answer.results:
                problem = None
            else:
                answer, problem = ways.judged(installation, answer)
        except FieldError as error:
            problem = str(error)
            turn.is_silent = turn.is_silent or not isinstance(error, LineDown)
        else:
            turn.is_silent = turn.is_silent or bool(problem)
        turn.heard(problem)
        if problem and installation.way == OWN_LINE and self._identity is not None:
            self._identity.lost(installation)
        if turn.is_over:
            await self._over(turn, work.report)
        return answer

    async def _over(self, turn: WayTurn, report: PassReport) -> None:
        """A meter with several ways has had its turn; it is silent when no way is left to it."""
        assert self._ways is not None
        if not turn.outcomes:
            return
        choice, last = await self._ways.finished(turn), turn.outcomes[-1]
        report.asked += 1
        if not last.problem:
            report.answered += 1
            await self._back(turn.own)
        elif choice.reason is WayReason.NONE_ANSWERS and turn.is_silent:
            await self._silent(turn.own, last.problem)

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
