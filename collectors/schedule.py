"""When a plan is due: pure functions of an instant, a plan and the slot that was done last. Runs nothing.

Slots are counted in elapsed time from the local midnight, so a day may have 92 or 100 quarters. A slot outside the
plan's windows waits for the next opening; of several that wait for the same opening only the newest is a slot.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from headend.domain.plans import DAY, DueSlots, OnDaysOff, Plan, PlanCalendar, PlanSlot

LONGEST_PAUSE = timedelta(days=31)  # older slots are not counted one by one after a start
FARTHEST = 800  # days to look ahead: a plan of the 29th of February that puts nothing off
LONGEST_HOLIDAY = 31


def due(now: datetime, plan: Plan, last: datetime | None) -> DueSlots:
    """The newest slot that may begin now, and those before it that nobody did; each slot once, by `last`.

    `last` is the start of the newest slot that was done or missed; without one only the newest slot matters.
    """
    since = now - LONGEST_PAUSE if last is None else max(last, now - LONGEST_PAUSE)
    begun = [slot for slot in slots(plan, since, now) if slot.begins_at <= now]
    if last is None:
        begun = begun[-1:]
    if not begun:
        return DueSlots()
    newest = begun[-1]
    if newest.ends_at is None or now < newest.ends_at:
        return DueSlots(newest, tuple(begun[:-1]))
    return DueSlots(None, tuple(begun) if last is not None else ())


def seconds_until_next(now: datetime, plan: Plan) -> float:
    """How long until the plan has something new to do; a day when it has nothing for two years."""
    for slot in slots(plan, now - _longest_wait(plan), now + FARTHEST * DAY):
        if slot.begins_at > now:
            return (slot.begins_at - now).total_seconds()
    return DAY.total_seconds()


def slots(plan: Plan, after: datetime, until: datetime) -> Iterator[PlanSlot]:
    """The slots that start in (after, until], in their order, each with an opening of its own."""
    waiting: PlanSlot | None = None
    calendar = plan.calendar
    day = after.astimezone(calendar.zone).date()
    last = until.astimezone(calendar.zone).date()
    while day <= last:
        for start in _starts(calendar, day):
            if not after < start <= until:
                continue
            slot = _slot(plan, start)
            if waiting is not None and slot.begins_at != waiting.begins_at:
                yield waiting
            waiting = slot
        day += DAY
    if waiting is not None:
        yield waiting


def _slot(plan: Plan, start: datetime) -> PlanSlot:
    begins_at = _opening(plan.calendar, start + plan.delay)
    ends = [_closing(plan.calendar, begins_at)] if plan.calendar.windows else []
    if plan.deadline is not None:
        ends.append(start + plan.deadline)
    return PlanSlot(start, begins_at, min(ends, default=None))


def _starts(calendar: PlanCalendar, day: date) -> list[datetime]:
    """The slots of a local day; a time that the clock jumps over is where it lands, one it meets twice is the first."""
    if not is_planned(calendar, day):
        return []
    if calendar.every is None:
        return sorted({_local(calendar, day, at) for at in calendar.at})
    midnight, next_midnight = _local(calendar, day, time()), _local(calendar, day + DAY, time())
    count = -((midnight - next_midnight) // calendar.every)
    return [midnight + number * calendar.every for number in range(count)]


def is_planned(calendar: PlanCalendar, day: date) -> bool:
    """The plan has slots on this local day."""
    is_off = day in calendar.days_off
    match calendar.on_days_off:
        case OnDaysOff.RUN:
            return _is_named(calendar, day)
        case OnDaysOff.SKIP:
            return _is_named(calendar, day) and not is_off
        case OnDaysOff.ONLY:
            return _is_named(calendar, day) and is_off
        case OnDaysOff.NEXT_WORKING_DAY:
            return not is_off and any(_is_named(calendar, one) for one in _put_off_to(calendar, day))


def _put_off_to(calendar: PlanCalendar, day: date) -> Iterator[date]:
    """This working day and the days off right before it."""
    yield day
    for _ in range(LONGEST_HOLIDAY):
        day -= DAY
        if day not in calendar.days_off:
            return
        yield day


def _is_named(calendar: PlanCalendar, day: date) -> bool:
    if day.weekday() not in calendar.weekdays:
        return False
    from_the_end = day.day - 1 - monthrange(day.year, day.month)[1]
    return not calendar.month_days or not calendar.month_days.isdisjoint({day.day, from_the_end})


def _opening(calendar: PlanCalendar, earliest: datetime) -> datetime:
    """The first instant from `earliest` on that lies in a window."""
    local = earliest.astimezone(calendar.zone)
    if not calendar.windows or any(local.time() in window for window in calendar.windows):
        return earliest
    days = (local.date(), local.date() + DAY)
    openings = [at for window in calendar.windows for day in days for at in _both(calendar, day, window.start)]
    return min((opening for opening in openings if opening >= earliest), default=earliest)


def _closing(calendar: PlanCalendar, instant: datetime) -> datetime:
    """The end of the window in which the instant lies; the latest where several overlap."""
    local = instant.astimezone(calendar.zone)
    days = (local.date(), local.date() + DAY)
    ends = [
        min((at for day in days for at in _both(calendar, day, window.end) if at > instant), default=instant + DAY)
        for window in calendar.windows
        if local.time() in window
    ]
    return max(ends, default=instant + DAY)


def _both(calendar: PlanCalendar, day: date, at: time) -> tuple[datetime, datetime]:
    """A local time of day, and when it is again in the hour that the clock goes back; mostly the same."""
    return _local(calendar, day, at), _local(calendar, day, at.replace(fold=1))


def _longest_wait(plan: Plan) -> timedelta:
    """How long before its begin a slot may have started."""
    return plan.delay + 2 * DAY


def _local(calendar: PlanCalendar, day: date, at: time) -> datetime:
    return datetime.combine(day, at, calendar.zone).astimezone(UTC)
