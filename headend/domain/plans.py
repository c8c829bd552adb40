"""Collection plans: what is read of whom, when, how urgently and until when. Pure data; `collectors.schedule` counts.

A plan is data and no code: what no driver can read is no kind of plan, so nothing can be planned in vain.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from headend.domain.collection import Priority
from headend.domain.metering import Protocol

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class PlanKind(StrEnum):
    """What a plan reads: registers now, quarters of a curve, registers frozen at midnight, the clock."""

    REGISTERS = "registers"
    LOAD_PROFILE = "load_profile"
    DAILY_FREEZE = "daily_freeze"
    CLOCK = "clock"


ABLE: Mapping[PlanKind, frozenset[Protocol]] = {
    PlanKind.REGISTERS: frozenset(Protocol),
    PlanKind.LOAD_PROFILE: frozenset({Protocol.DLT645, Protocol.GDW1376}),
    PlanKind.DAILY_FREEZE: frozenset({Protocol.DLT645, Protocol.GDW1376}),
    PlanKind.CLOCK: frozenset({Protocol.DLT645, Protocol.DLT698, Protocol.GDW1376}),
}


class TargetKind(StrEnum):
    """For whom a plan is."""

    EVERYBODY = "everybody"
    CUSTOMER_CLASS = "customer_class"
    TRANSFORMER = "transformer"
    ROUTE = "route"
    METERS = "meters"


@dataclass(frozen=True, slots=True)
class PlanTarget:
    """Everybody, or the meters of some classes, transformers, routes, or those with some serial numbers."""

    kind: TargetKind = TargetKind.EVERYBODY
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind is TargetKind.EVERYBODY) == bool(self.names):
            raise ValueError("a target names somebody, unless it is everybody")


class OnDaysOff(StrEnum):
    """What becomes of a slot on a day off: it is, it is not, it is only then, or on the next working day."""

    RUN = "run"
    SKIP = "skip"
    ONLY = "only"
    NEXT_WORKING_DAY = "next_working_day"


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Holidays, and the weekdays (0 = Monday) that are off; `working_days` are worked although they fall on one."""

    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset()
    working_days: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date) or day in self.working_days:
            return False
        return day in self.holidays or day.weekday() in self.weekend


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """Local times [start, end) in which a pass may ask; one that ends no later than it starts goes over midnight."""

    start: time
    end: time

    def __contains__(self, moment: object) -> bool:
        if not isinstance(moment, time):
            return False
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class PlanCalendar:
    """On which local days, and when on them: every so often from midnight, or at some times of day.

    `month_days` counts from 1, or from -1 for the last day backwards; with weekdays too, both must hold.
    """

    zone: ZoneInfo
    every: timedelta | None = None
    at: tuple[time, ...] = ()
    weekdays: frozenset[int] = frozenset(range(7))
    month_days: frozenset[int] = frozenset()
    days_off: DaysOff = DaysOff()
    on_days_off: OnDaysOff = OnDaysOff.RUN
    windows: tuple[DailyWindow, ...] = ()

    def __post_init__(self) -> None:
        if (self.every is None) == (not self.at):
            raise ValueError("a plan repeats every so many minutes, or at times of day; one of the two")
        if self.every is not None:
            if not MINUTE <= self.every <= DAY:
                raise ValueError("a plan repeats every minute at most and every day at least")
            if DAY % self.every:
                raise ValueError("the interval of a plan must divide the day")
        if not self.weekdays:
            raise ValueError("a plan needs a day of the week")
        if any(not 1 <= abs(day) <= 31 for day in self.month_days):
            raise ValueError("a day of the month is 1..31, or -1..-31 from its end")


@dataclass(frozen=True, slots=True)
class Plan:
    """Read `kind` of `target` at the slots of `calendar`, `delay` after each begins, spread over `jitter`.

    After `deadline`, counted like the delay from the slot's begin on, no more meter is asked; None is never.
    `items` are reading types; empty asks for what each meter's profile says.
    """

    name: str
    kind: PlanKind
    calendar: PlanCalendar
    target: PlanTarget = field(default_factory=PlanTarget)
    items: tuple[str, ...] = ()
    delay: timedelta = timedelta(0)
    jitter: timedelta = timedelta(0)
    deadline: timedelta | None = None
    priority: Priority = Priority.SCHEDULED

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a plan has a name")
        if self.items and self.kind is not PlanKind.REGISTERS:
            raise ValueError(f"a plan of {self.kind} takes no items")
        if self.deadline is not None and self.deadline <= self.delay + self.jitter:
            raise ValueError("the deadline must lie after delay and jitter")

    def jitter_of(self, installation_id: int) -> timedelta:
        """This meter's part of the jitter, in whole minutes: always the same, so that its reads stay evenly apart."""
        minutes = self.jitter // MINUTE
        number = zlib.crc32(f"{self.name}\n{installation_id}".encode())
        return MINUTE * (number % (minutes + 1))


@dataclass(frozen=True, slots=True)
class PlanSlot:
    """One time that something is due: the slot's own instant, when asking may begin, after when nobody is asked."""

    start: datetime
    begins_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueSlots:
    """What is due now (None: nothing), and what came due since the last slot and can no longer be done in time."""

    now: PlanSlot | None = None
    missed: tuple[PlanSlot, ...] = ()
