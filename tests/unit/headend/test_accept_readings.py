"""Readings get their marks, all are kept, each rule sets its own and none hides another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from headend import shipped
from headend.domain.errors import StoreUnavailable
from headend.domain.events import EventKind
from headend.domain.quality import ReadingQuality, is_billable, mask
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Reading, ReadingBatch, ReadingSource
from headend.live_feed import InProcessFeed
from headend.ports import PreviousReadings
from headend.services.accept_readings import AcceptReadings
from headend.services.meter_facts import MeterFacts
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.meters import registers, registration
from tests.fakes.virtual_time import VirtualClock

T0 = datetime(2026, 3, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Kept:
    """A store with the real rules in front of it, and one residential meter of 40 kVA."""

    def __init__(self, types: ReadingTypeTable) -> None:
        self.types = types
        self.store, self.events = MemoryReadingStore(types), MemoryEventLog()

    async def accept(self, *batches: Sequence[Reading]) -> None:
        registry = MemoryMeterRegistry()
        await registry.register([registration(1)])
        rules = shipped.rule_book(shipped.config_root())
        service = AcceptReadings(
            self.store,
            rules,
            MeterFacts(registry),
            self.types,
            clock=VirtualClock(T0),
            events=self.events,
            feed=InProcessFeed(),
        )
        for batch in batches:
            await service.accept(batch)

    async def marks(self, name: str = "active_energy_import") -> list[set[str]]:
        kind = self.types.by_name(name)
        series = await self.store.series(1, [kind.id], T0 - timedelta(days=400), T0 + timedelta(days=400))
        return [set(reading.qualities) for reading in series]


def marks_of(
    types: ReadingTypeTable, *batches: Sequence[Reading], name: str = "active_energy_import"
) -> list[set[str]]:
    async def run() -> list[set[str]]:
        kept = Kept(types)
        await kept.accept(*batches)
        return await kept.marks(name)

    return asyncio.run(run())


def quarters(types: ReadingTypeTable, *values: str, **more: object) -> list[Reading]:
    pairs = [(T0 + QUARTER * n, value) for n, value in enumerate(values)]
    return registers(types, 1, pairs, **more)  # type: ignore[arg-type]  # fields by name


def test_a_plausible_series_bears_no_mark(types: ReadingTypeTable) -> None:
    assert marks_of(types, quarters(types, "100.00", "100.50", "101.00")) == [set(), set(), set()]


def test_one_batch_or_many_give_the_same_marks(types: ReadingTypeTable) -> None:
    series = quarters(types, "100.00", "99.00", "100.50", "900.00")
    one_by_one = marks_of(types, *[[reading] for reading in series])
    assert marks_of(types, series) == marks_of(types, series[::-1]) == one_by_one


def test_a_register_that_goes_back_is_not_monotonic(types: ReadingTypeTable) -> None:
    assert marks_of(types, quarters(types, "100.00", "99.99"))[1] == {ReadingQuality.NOT_MONOTONIC}


def test_a_register_that_passes_its_last_digit_rolled_over(types: ReadingTypeTable) -> None:
    assert marks_of(types, quarters(types, "999999.50", "0.25"))[1] == {ReadingQuality.ROLLOVER}


def test_a_rollover_needs_a_step_that_the_customer_can_draw(types: ReadingTypeTable) -> None:
    assert marks_of(types, quarters(types, "999999.50", "500.00"))[1] == {ReadingQuality.NOT_MONOTONIC}


def test_a_step_beyond_the_capacity_is_a_spike(types: ReadingTypeTable) -> None:
    """40 kVA x 1.2 in a quarter of an hour is 12 kWh, and one count more is allowed."""
    assert marks_of(types, quarters(types, "100.00", "112.01"))[1] == set()
    assert marks_of(types, quarters(types, "100.00", "112.02"))[1] == {ReadingQuality.SPIKE}


def test_after_a_spike_the_next_value_is_compared_with_the_last_good_one(types: ReadingTypeTable) -> None:
    marks = marks_of(types, quarters(types, "100.00", "900.00"), quarters(types, "100.00", "900.00", "100.80")[2:])
    assert marks == [set(), {ReadingQuality.SPIKE}, set()]


def test_a_voltage_that_no_network_has_is_out_of_range(types: ReadingTypeTable) -> None:
    marks = marks_of(types, quarters(types, "230.1", "500.1", name="voltage_l1"), name="voltage_l1")
    assert marks == [set(), {ReadingQuality.OUT_OF_RANGE}]


def test_a_foreign_unit_is_marked(types: ReadingTypeTable) -> None:
    assert marks_of(types, quarters(types, "100.00", unit="Wh"))[0] == {ReadingQuality.WRONG_UNIT}
    assert marks_of(types, quarters(types, "100.00", unit="kvarh"))[0] == {ReadingQuality.WRONG_UNIT}


@pytest.mark.parametrize(("late_s", "marked"), [(60, False), (61, True), (-61, True), (-60, False)])
def test_a_meter_clock_too_far_off_is_marked(types: ReadingTypeTable, late_s: int, marked: bool) -> None:
    marks = marks_of(types, quarters(types, "100.00", late=timedelta(seconds=late_s)))
    assert (ReadingQuality.CLOCK_OFFSET in marks[0]) is marked


def test_a_freeze_may_be_old_but_not_from_the_future(types: ReadingTypeTable) -> None:
    old = quarters(types, "100.00", source=ReadingSource.DAILY_FREEZE, late=timedelta(days=30))
    future = quarters(types, "100.00", source=ReadingSource.DAILY_FREEZE, late=-timedelta(days=1))
    assert marks_of(types, old)[0] == set()
    assert marks_of(types, future)[0] == {ReadingQuality.CLOCK_OFFSET}


def test_more_digits_than_the_type_holds_are_rounded_and_marked(types: ReadingTypeTable) -> None:
    assert marks_of(types, quarters(types, "100.00005"))[0] == {ReadingQuality.ROUNDED}


def test_a_backfilled_value_is_compared_with_its_own_neighbour(types: ReadingTypeTable) -> None:
    late_comer = quarters(types, "100.00", "100.50")[1:]
    assert marks_of(types, quarters(types, "100.00", "100.20", "101.00")[::2], late_comer) == [set(), set(), set()]


def test_a_suspect_value_is_kept_and_told(types: ReadingTypeTable) -> None:
    async def run() -> None:
        kept = Kept(types)
        await kept.accept(quarters(types, "100.00", "900.00"))
        events = await kept.events.recent(10)
        assert [event.kind for event in events] == [EventKind.READING_SUSPECT]
        assert "900.00 kWh" in events[0].detail

    asyncio.run(run())


class Unasked(MemoryReadingStore):
    """Takes readings, as a spool does for a store that is down, and answers nothing."""

    async def previous(self, batch: ReadingBatch) -> PreviousReadings:
        raise StoreUnavailable("down")


def test_readings_are_kept_while_the_store_behind_a_spool_cannot_be_asked(types: ReadingTypeTable) -> None:
    async def run() -> list[set[str]]:
        kept = Kept(types)
        kept.store = Unasked(types)
        await kept.accept(quarters(types, "100.00"), quarters(types, "100.00", "100.10", "900.00"))
        return await kept.marks()

    assert asyncio.run(run()) == [set(), set(), {ReadingQuality.SPIKE}]


def test_only_marks_of_severity_fail_stop_a_bill() -> None:
    assert is_billable(mask([ReadingQuality.ROLLOVER, ReadingQuality.CLOCK_OFFSET, ReadingQuality.TIME_FROM_HEADEND]))
    assert not is_billable(mask([ReadingQuality.SPIKE]))


def test_reading_instants_must_be_aware(types: ReadingTypeTable) -> None:
    with pytest.raises(ValueError, match="aware"):
        kind = types.by_name("active_energy_import")
        Reading(1, kind, datetime(2026, 1, 1), T0, Decimal(1), "kWh", ReadingSource.SCHEDULED)
