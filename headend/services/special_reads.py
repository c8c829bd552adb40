"""Reads at dates of their own: ordered, called off, and done when their time comes. Decides no bill.

At a local midnight the register that the meter froze then is asked for, where it keeps one: it is exact however late
the line comes back. At other times the register is what it is when the meter answers, and the outcome says how late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.collection import MeterAnswer
from headend.domain.errors import Conflict, FieldError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import iso
from headend.domain.metering import MeterInstallation
from headend.domain.special_reads import GIVEN_UP_AFTER, SpecialRead, SpecialReason, SpecialState
from headend.ports import Clock, EventLog, MeterGateway, MeterRegistry, ReadingSink, SpecialReads

DEADLINE_S = 60.0
FREEZE_SETTLES = timedelta(minutes=5)  # a meter whose clock is late freezes late
RETRY_AFTER = timedelta(minutes=5)
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class SpecialOrder:
    """What somebody wants."""

    usage_point: str
    due_at: datetime
    reason: SpecialReason
    by: str
    note: str = ""
    instead_of_plan: str = ""
    instead_of_day: date | None = None


class ReadOnSpecialDates:
    """Keeps orders and does them. `run_due` is called again and again."""

    def __init__(
        self,
        special: SpecialReads,
        registry: MeterRegistry,
        gateway: MeterGateway,
        sink: ReadingSink,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._special, self._registry, self._gateway, self._sink = special, registry, gateway, sink
        self._zone, self._clock, self._events = zone, clock, events
        self._spared: dict[int, datetime] = {}

    async def order(self, order: SpecialOrder) -> SpecialRead:
        """Keep an order; Conflict for a usage point without a meter, a date past help, or an order that is there."""
        now = self._clock.now()
        if await self._installation(order.usage_point) is None:
            raise Conflict(f"there is no meter at usage point {order.usage_point!r}")
        if order.due_at < now - GIVEN_UP_AFTER:
            raise Conflict(f"{iso(order.due_at)} is more than {GIVEN_UP_AFTER.days} days ago; that is too late")
        wanted = SpecialRead(
            usage_point=order.usage_point,
            due_at=order.due_at,
            reason=order.reason,
            ordered_by=order.by,
            ordered_at=now,
            note=order.note,
            instead_of_plan=order.instead_of_plan,
            instead_of_day=order.instead_of_day,
        )
        kept = await self._special.add(wanted)
        await self._tell(EventKind.SPECIAL_READ_CHANGED, f"ordered for {iso(kept.due_at)}, {kept.reason}", kept)
        return kept

    async def call_off(self, special_id: int, by: str) -> SpecialRead:
        """It is not wanted any more; UnknownSpecialRead, Conflict when it came to an end already."""
        special = await self._special.one(special_id)
        return await self._end(special, SpecialState.CANCELLED, f"called off by {by}")

    async def newest(self) -> Sequence[SpecialRead]:
        """Open ones first, then what became of others."""
        return await self._special.newest(MOST_SHOWN)

    async def run_due(self) -> int:
        """Do those whose time has come; how many came to an end."""
        ended = 0
        for special in await self._special.open_until(self._clock.now()):
            if self._clock.now() >= max(self._spared.get(special.id, special.due_at), self._earliest(special)):
                ended += await self._do(special)
        return ended

    def _earliest(self, special: SpecialRead) -> datetime:
        return special.due_at + FREEZE_SETTLES if self._is_midnight(special) else special.due_at

    async def _do(self, special: SpecialRead) -> bool:
        installation = await self._installation(special.usage_point)
        problem = "no meter is installed there"
        if installation is not None:
            try:
                answer = await self._ask(special, installation)
                await self._sink.accept(answer.readings)
            except FieldError as error:
                problem = str(error)
            else:
                if answer.readings:
                    await self._end(special, SpecialState.DONE, self._outcome(special, answer))
                    return True
                problem = answer.results[0].reason if answer.results else "the meter has nothing to tell when asked"
        if self._clock.now() >= special.due_at + GIVEN_UP_AFTER:
            await self._end(special, SpecialState.MISSED, problem)
            return True
        self._spared[special.id] = self._clock.now() + RETRY_AFTER
        return False

    async def _ask(self, special: SpecialRead, installation: MeterInstallation) -> MeterAnswer:
        if self._is_midnight(special):
            answer = await self._gateway.read_daily_freeze(installation, [self._days_ago(special.due_at)])
            if answer.readings:
                return answer
        return await self._gateway.read(installation, (), DEADLINE_S)

    def _outcome(self, special: SpecialRead, answer: MeterAnswer) -> str:
        measured = answer.readings[0].measured_at
        late = round((measured - special.due_at).total_seconds() / 60)
        how_late = f", {late} min after the date" if late else ""
        return f"{len(answer.readings)} registers of {iso(measured)}{how_late}"

    def _is_midnight(self, special: SpecialRead) -> bool:
        local = special.due_at.astimezone(self._zone)
        return (local.hour, local.minute, local.second) == (0, 0, 0)

    def _days_ago(self, midnight: datetime) -> int:
        return 1 + (self._clock.now().astimezone(self._zone).date() - midnight.astimezone(self._zone).date()).days

    async def _installation(self, usage_point: str) -> MeterInstallation | None:
        every = await self._registry.installations()
        return next((one for one in every if one.usage_point.name == usage_point), None)

    async def _end(self, special: SpecialRead, state: SpecialState, outcome: str) -> SpecialRead:
        ended = await self._special.end(replace(special, state=state, ended_at=self._clock.now(), outcome=outcome))
        self._spared.pop(special.id, None)
        missed = state is SpecialState.MISSED
        kind = EventKind.SPECIAL_READ_MISSED if missed else EventKind.SPECIAL_READ_CHANGED
        await self._tell(kind, f"{state}: {outcome}", ended)
        return ended

    async def _tell(self, kind: EventKind, detail: str, special: SpecialRead) -> None:
        installation = await self._installation(special.usage_point)
        number = None if installation is None else installation.id
        text = f"{special.usage_point}: {detail}"
        await self._events.record(EndDeviceEvent(kind, self._clock.now(), text, number))
