"""The KPIs once more, in plain Python that asks each meter and each quarter in turn. Shares no arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from headend.domain.kpi import Exclusion, KpiDefinition, Measure
from headend.domain.quality import ReadingQuality
from headend.domain.readings import BY_PEOPLE, ReadingSource
from tests.unit.headend.kpi.fleets import SLOT, AMeter, Fleet

LIVE = (ReadingSource.SCHEDULED, ReadingSource.ON_DEMAND)


class OneMeter:
    """What is true of one meter on the day."""

    def __init__(self, fleet: Fleet, number: int, definition: KpiDefinition) -> None:
        self.meter: AMeter = fleet.meters[number - 1]
        self.day, self.definition = fleet.day, definition
        self.parkings = [p for p in fleet.parkings if p.installation_id == number]
        self.own = [r for r in fleet.readings if r.meter == number]
        collected = [r for r in self.own if r.source not in BY_PEOPLE]
        self.registers = [r for r in collected if r.type_id == 1 and ReadingQuality.ESTIMATED not in r.qualities]

    def due(self) -> list[int]:
        slots, number = [], 0
        while self.day.start + SLOT * (number + 1) <= self.day.end:
            begin, end = self.day.start + SLOT * number, self.day.start + SLOT * (number + 1)
            there = self.meter.installed_at <= begin and (self.meter.removed_at is None or end <= self.meter.removed_at)
            if there and not any(p.since < end and (p.end is None or begin < p.end) for p in self.parkings):
                slots.append(number)
            number += 1
        return slots

    def arrivals(self, slot: int) -> list[timedelta]:
        begin, end = self.day.start + SLOT * slot, self.day.start + SLOT * (slot + 1)
        return [r.received_at - end for r in self.registers if begin <= r.measured_at < end]

    def received(self) -> int:
        return sum(bool(self.arrivals(slot)) for slot in self.due())

    def timely(self) -> int:
        limit = timedelta(seconds=self.definition.timely_within_s)
        return sum(any(late <= limit for late in self.arrivals(slot)) for slot in self.due())

    def clock(self) -> list[bool]:
        return [
            ReadingQuality.CLOCK_OFFSET in r.qualities
            for r in self.own
            if r.source in LIVE
            and self.day.start <= r.received_at < self.day.end
            and ReadingQuality.TIME_FROM_HEADEND not in r.qualities
        ]

    def is_parked(self) -> bool:
        return any(p.since < self.day.end and (p.end is None or self.day.start < p.end) for p in self.parkings)

    def counts(self) -> tuple[int, int, Exclusion | None]:
        for reason in self.definition.exclusions:
            if EXCLUDED[reason](self):
                return 0, 0, reason
        return MEASURED[self.definition.numerator](self), MEASURED[self.definition.denominator](self), None


def _heard(one: OneMeter) -> int:
    since = one.day.end - timedelta(days=one.definition.heard_within_days)
    return any(since <= r.received_at < one.day.end for r in one.registers)


MEASURED: dict[Measure, Callable[[OneMeter], int]] = {
    Measure.INSTALLED: lambda one: (
        one.meter.installed_at < one.day.end and (one.meter.removed_at is None or one.meter.removed_at > one.day.start)
    ),
    Measure.HEARD: _heard,
    Measure.REGISTER_AT_DAY_END: lambda one: any(
        abs(r.measured_at - one.day.end) <= timedelta(seconds=60) for r in one.registers
    ),
    Measure.DUE_SLOTS: lambda one: len(one.due()),
    Measure.RECEIVED_SLOTS: OneMeter.received,
    Measure.TIMELY_SLOTS: OneMeter.timely,
    Measure.CLOCK_SEEN: lambda one: bool(one.clock()),
    Measure.CLOCK_CORRECT: lambda one: bool(one.clock()) and not any(one.clock()),
}
EXCLUDED: dict[Exclusion, Callable[[OneMeter], bool]] = {
    Exclusion.NOT_YET_INSTALLED: lambda one: one.meter.installed_at >= one.day.end,
    Exclusion.INSTALLED_THAT_DAY: lambda one: one.meter.installed_at > one.day.start,
    Exclusion.REMOVED: lambda one: one.meter.removed_at is not None and one.meter.removed_at <= one.day.end,
    Exclusion.PARKED: OneMeter.is_parked,
    Exclusion.PARKED_ALL_DAY: lambda one: one.is_parked() and not one.due(),
    Exclusion.NOTHING_DUE: lambda one: not one.due(),
    Exclusion.CLOCK_NOT_SEEN: lambda one: not one.clock(),
}
