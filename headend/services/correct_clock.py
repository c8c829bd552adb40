"""Correct a clock: one order is one frame, sent once, and the clock is read before and after. Switches nothing.

The order is durable before anything is sent. What cannot be known afterwards is told as unknown, never tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from headend.domain.clock_correction import (
    ClockFacts,
    ClockOrder,
    CorrectionTerms,
    Decision,
    Outcome,
    Remedy,
    decide,
    outcome_of,
)
from headend.domain.clocks import ClockJump, ClockState
from headend.domain.errors import Conflict, FieldError, HeadEndError, LineDown, MeterRefused, NoAnswer, QueueFull
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import MeterInstallation, Protocol
from headend.ports import Clock, ClockBook, ClockSetter, EventLog, MeterAccess, MeterRegistry
from headend.services.follow_clocks import FollowClocks
from headend.services.read_now import ReadNow

DEADLINE_S = 30.0
AUTOMATIC = "head-end"
AUTOMATIC_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class ClockFiles:
    """What is decided by, and where passwords are."""

    terms: CorrectionTerms
    access: MeterAccess
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class ClockPage:
    """All about one clock: its state, jumps and orders, newest first."""

    installation: MeterInstallation
    state: ClockState | None
    jumps: Sequence[ClockJump]
    orders: Sequence[ClockOrder]


class CorrectClock:
    """For people, and for the schedule where the site wants it."""

    def __init__(
        self,
        registry: MeterRegistry,
        read_now: ReadNow,
        setter: ClockSetter,
        book: ClockBook,
        follow: FollowClocks,
        files: ClockFiles,
        *,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._registry, self._read_now, self._setter, self._book = registry, read_now, setter, book
        self._follow, self._files, self._clock, self._events = follow, files, clock, events

    async def page(self, installation_id: int) -> ClockPage:
        """UnknownMeter."""
        installation = await self._registry.installation(installation_id)
        jumps = list(await self._book.jumps(installation_id))[::-1]
        orders = await self._book.orders(installation_id)
        return ClockPage(installation, self._follow.state(installation_id), jumps, orders)

    def states(self) -> Sequence[ClockState]:
        """Of all clocks that were ever read, the worst first."""
        return sorted(self._follow.states(), key=lambda one: -abs(one.offset_s))

    async def correct(self, installation_id: int, by: str) -> ClockOrder:
        """Read, decide, send once, read again. Conflict: nothing was sent, and why. FieldError: it cannot be read."""
        installation = await self._registry.installation(installation_id)
        if installation.is_switching_blocked or not installation.is_open:
            raise Conflict("it is not certain which meter answers here: settle its identity first")
        if installation.meter.protocol is not Protocol.DLT645:
            raise Conflict(f"clocks are set over dlt645 only, and this meter speaks {installation.meter.protocol}")
        before_s = await self._offset(installation_id)
        if before_s is None:
            raise NoAnswer("the clock could not be read: nothing was sent")
        decision, order = await self._decided(installation, before_s, by)
        if not decision.remedy.is_sent:
            raise Conflict(decision.reason)
        return await self._carry_out(installation, await self._book.open_order(order))

    async def correct_all(self) -> int:
        """Order a correction for every clock that needs one; how many orders were carried out."""
        done = 0
        for state in self.states():
            if abs(state.offset_s) <= self._files.terms.good_s:
                break
            try:
                await self.correct(state.installation_id, AUTOMATIC)
            except HeadEndError:
                continue  # the next hour comes, and the state stays on the page
            done += 1
        return done

    async def run(self) -> None:
        """Correct every hour until cancelled: only where the site wants it."""
        while True:
            await self._clock.sleep(AUTOMATIC_EVERY_S)
            await self.correct_all()

    async def _decided(self, installation: MeterInstallation, before_s: int, by: str) -> tuple[Decision, ClockOrder]:
        now = self._clock.now()
        local = now.astimezone(self._files.zone).replace(tzinfo=None)
        day, line_id = local.date().isoformat(), installation.meter.line.id
        facts = ClockFacts(
            before_s,
            local,
            is_broadcast_today=await self._book.has_broadcast(line_id, day),
            has_password=self._files.access.of(installation) is not None,
        )
        decision = decide(facts, self._files.terms)
        return decision, ClockOrder(installation.id, line_id, decision.remedy, by, now, day, before_s)

    async def _carry_out(self, installation: MeterInstallation, order: ClockOrder) -> ClockOrder:
        await self._expect(installation, order)
        access = self._files.access.of(installation) if order.remedy.is_addressed else None
        try:
            await self._setter.set_clock(installation, order.remedy, access, DEADLINE_S)
            reason, refused = "", False
        except MeterRefused as refusal:
            reason, refused = str(refusal), True
        except (QueueFull, LineDown, NoAnswer) as silence:  # it may have been heard: the clock says so, or nobody
            reason, refused = str(silence), False
        after_s = await self._offset_or_none(installation.id)
        outcome = Outcome.REFUSED if refused else outcome_of(order.remedy, order.before_s, after_s, self._files.terms)
        closed = replace(order, outcome=outcome, after_s=after_s, reason=reason, closed_at=self._clock.now())
        await self._book.close_order(closed)
        await self._tell(closed)
        return closed

    async def _expect(self, installation: MeterInstallation, order: ClockOrder) -> None:
        """A broadcast is heard by every meter of the line."""
        moved = [installation.id]
        if order.remedy is Remedy.BROADCAST:
            line = installation.meter.line.id
            moved = [one.id for one in await self._registry.installations() if one.meter.line.id == line]
        self._follow.ordered(moved)

    async def _offset(self, installation_id: int) -> int | None:
        answer = await self._read_now.read(installation_id, ["clock"])
        if answer.installation.id != installation_id:
            raise Conflict("another meter answers here: settle its identity first")
        told = [one for one in answer.results if one.item == "clock" and one.value is not None]
        return None if not told or told[0].value is None else int(told[0].value)

    async def _offset_or_none(self, installation_id: int) -> int | None:
        try:
            return await self._offset(installation_id)
        except (FieldError, Conflict):
            return None

    async def _tell(self, order: ClockOrder) -> None:
        after = "unknown" if order.after_s is None else f"{order.after_s:+d} s"
        why = f" ({order.reason})" if order.reason else ""
        words = (
            f"{order.remedy} by {order.ordered_by}: {order.outcome}, {order.before_s:+d} s before, {after} after{why}"
        )
        event = EndDeviceEvent(EventKind.CLOCK_CORRECTED, self._clock.now(), words, order.installation_id)
        await self._events.record(event)
