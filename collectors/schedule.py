"""When a plan is due: pure functions of an instant, a plan and a time zone. Runs nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from headend.domain.collection import CollectionPlan


def slot_start(now: datetime, plan: CollectionPlan, zone: ZoneInfo) -> datetime:
    """The newest slot of the plan that is due at `now`, as the aware UTC instant at which it begins.

    Slots are counted in elapsed time from the local midnight, so a day may have 92 or 100 quarters.
    """
    shifted = (now - plan.delay).astimezone(zone)
    midnight = shifted.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
    elapsed = shifted.astimezone(UTC) - midnight
    return midnight + plan.every * (elapsed // plan.every)


def due(now: datetime, plan: CollectionPlan, zone: ZoneInfo, last: datetime | None) -> datetime | None:
    """The slot to collect now, or None when the newest one was begun already."""
    slot = slot_start(now, plan, zone)
    return slot if last is None or slot > last else None


def seconds_until_next(now: datetime, plan: CollectionPlan, zone: ZoneInfo) -> float:
    """How long until the plan has something new to do; the local midnight starts a slot of its own."""
    slot = slot_start(now, plan, zone)
    local_day = slot.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    next_midnight = (local_day + timedelta(days=1)).astimezone(UTC)
    upcoming = min(slot + plan.every, next_midnight) if slot < next_midnight else slot + plan.every
    return (upcoming + plan.delay - now).total_seconds()
