"""What each figure counts, told by examples, each with the change that would make it another figure."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from headend.domain.errors import ConfigError, Conflict, StoreUnavailable, UnknownKpi
from headend.domain.kpi import Measure, MetricDay, ScopeKind, percent_of
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from tests.fakes.memory_grid import MemoryKpiLedger
from tests.unit.headend.kpi.fleets import (
    DEFINITIONS,
    LONG,
    ORDINARY,
    SHORT,
    SLOT,
    AMeter,
    AReading,
    Fleet,
    computed,
    every_quarter,
    parked,
    service,
)

DAY = ORDINARY
WHOLE = [*every_quarter(1, DAY), *every_quarter(2, DAY)]


def test_a_fleet_that_was_read_whole_has_a_hundred_percent() -> None:
    for kpi in DEFINITIONS:
        numerator, denominator, excluded = computed(Fleet([AMeter(), AMeter()], (), WHOLE), kpi).figure()
        assert numerator == denominator > 0 == excluded, kpi


@pytest.mark.parametrize(("day", "slots"), [(ORDINARY, 96), (LONG, 100), (SHORT, 92)])
def test_a_day_has_as_many_quarters_as_its_clock_says(day: MetricDay, slots: int) -> None:
    fleet = Fleet([AMeter()], (), every_quarter(1, day), day)
    assert computed(fleet, "completeness").figure() == (slots, slots, 0)


def test_a_parked_meter_is_not_counted_and_would_change_the_figure_if_it_were() -> None:
    silent_and_parked = Fleet([AMeter(), AMeter()], [parked(2, DAY.start)], every_quarter(1, DAY))
    for kpi in ("collection_success_rate", "completeness", "timeliness", "coverage"):
        numerator, denominator, excluded = computed(silent_and_parked, kpi).figure()
        assert numerator == denominator and excluded == 1, kpi
        blind = computed(replace(silent_and_parked, parkings=()), kpi).figure()
        assert blind[1] == 2 * denominator and blind[0] == numerator, kpi


def test_a_meter_parked_for_an_hour_owes_four_quarters_less() -> None:
    hour = parked(1, DAY.start + SLOT * 8, DAY.start + SLOT * 12)
    fleet = Fleet([AMeter()], [hour], [r for r in every_quarter(1, DAY) if not hour.is_parked_at(r.measured_at)])
    assert computed(fleet, "completeness").figure() == (92, 92, 0)
    assert computed(replace(fleet, parkings=()), "completeness").figure() == (92, 96, 0)
    assert computed(fleet, "collection_success_rate").figure() == (0, 0, 1)


def test_a_quarter_that_a_parking_only_touches_is_not_due() -> None:
    touch = parked(1, DAY.start + SLOT * 8 + timedelta(minutes=14), DAY.start + SLOT * 9 + timedelta(microseconds=1))
    assert computed(Fleet([AMeter()], [touch], ()), "completeness").figure() == (0, 94, 0)


def test_a_missing_quarter_is_missing_under_no_other_name() -> None:
    hole = [r for r in every_quarter(1, DAY) if r.measured_at != DAY.start + SLOT * 40]
    assert computed(Fleet([AMeter()], (), hole), "completeness").figure() == (95, 96, 0)
    other_type = [*hole, AReading(1, DAY.start + SLOT * 40, DAY.start + SLOT * 40, type_id=2)]
    assert computed(Fleet([AMeter()], (), other_type), "completeness").figure() == (95, 96, 0)
    other_meter = [*hole, AReading(2, DAY.start + SLOT * 40, DAY.start + SLOT * 40)]
    assert computed(Fleet([AMeter()], (), other_meter), "completeness").figure() == (95, 96, 0)
    estimated = [*hole, replace(other_type[-1], type_id=1, qualities=(ReadingQuality.ESTIMATED,))]
    assert computed(Fleet([AMeter()], (), estimated), "completeness").figure() == (95, 96, 0)
    mended = [*hole, replace(other_type[-1], type_id=1)]
    assert computed(Fleet([AMeter()], (), mended), "completeness").figure() == (96, 96, 0)


def test_late_is_complete_but_not_timely_and_a_later_version_makes_nothing_late() -> None:
    late = every_quarter(1, DAY, late=SLOT + timedelta(minutes=60, microseconds=1))
    assert computed(Fleet([AMeter()], (), late), "timeliness").figure() == (0, 96, 0)
    assert computed(Fleet([AMeter()], (), late), "completeness").figure() == (96, 96, 0)
    at_the_limit = every_quarter(1, DAY, late=SLOT + timedelta(minutes=60))
    assert computed(Fleet([AMeter()], (), at_the_limit), "timeliness").figure() == (96, 96, 0)
    assert computed(Fleet([AMeter()], (), [*at_the_limit, *late]), "timeliness").figure() == (96, 96, 0)


def test_one_who_comes_after_the_day_is_left_out_and_said_to_be() -> None:
    fleet = Fleet([AMeter(), AMeter(installed_at=DAY.end)], (), WHOLE)
    assert computed(fleet, "coverage").figure() == (1, 1, 1)
    assert computed(Fleet([AMeter(), AMeter(installed_at=DAY.end - SLOT)], (), WHOLE), "coverage").figure() == (2, 2, 0)


def test_a_clock_is_judged_by_live_readings_with_the_meters_own_time() -> None:
    def told(*readings: AReading) -> tuple[int, int, int]:
        return computed(Fleet([AMeter()], (), readings), "clock_correct_rate").figure()

    noon = DAY.start + SLOT * 48
    good = AReading(1, noon, noon)
    off = replace(good, qualities=(ReadingQuality.CLOCK_OFFSET,))
    assert told(good) == (1, 1, 0)
    assert told(good, off) == (0, 1, 0)
    assert told(replace(good, qualities=(ReadingQuality.TIME_FROM_HEADEND,))) == (0, 0, 1)
    assert told(replace(good, source=ReadingSource.LOAD_PROFILE)) == (0, 0, 1)
    assert told(replace(good, received_at=DAY.end)) == (0, 0, 1)


def test_each_scope_has_the_sums_of_its_own_meters() -> None:
    meters = [AMeter(line=1, transformer=1), AMeter(line=2, transformer=1), AMeter(line=2)]
    found = computed(Fleet(meters, (), WHOLE), "collection_success_rate")
    assert found.figure(ScopeKind.LINE, 1) == (1, 1, 0)
    assert found.figure(ScopeKind.LINE, 2) == (1, 2, 0)
    assert found.figure(ScopeKind.TRANSFORMER, 1) == (2, 2, 0)
    assert sum(one.scope_kind is ScopeKind.TRANSFORMER for one in found.figures) == 1


def test_nobody_at_all_is_no_percentage() -> None:
    assert computed(Fleet([]), "coverage").figure() == (0, 0, 0)
    assert percent_of(0, 0) is None


@pytest.mark.parametrize(
    ("n", "d", "text"), [(9999, 10000, "99.99"), (99999, 100000, "99.99"), (1, 1, "100.00"), (0, 3, "0.00")]
)
def test_only_every_single_one_is_a_hundred_percent(n: int, d: int, text: str) -> None:
    assert str(percent_of(n, d)) == text


class TestVersions:
    """Which definition, and when again."""

    FLEET = Fleet([AMeter()], (), WHOLE)
    FIRST = DEFINITIONS["coverage"]

    def test_the_definition_that_was_valid_on_the_day(self) -> None:
        later = replace(self.FIRST, version=2, valid_from=DAY.on + timedelta(days=1), digest="2")
        kpis = service(self.FLEET, [self.FIRST, later], ledger := MemoryKpiLedger())
        [one] = asyncio.run(kpis.compute(DAY.on, "ann"))
        assert (one.version, one.computed_by) == (1, "ann")
        assert asyncio.run(kpis.compute(DAY.on, "bob")) == ()
        assert len(asyncio.run(ledger.computations("coverage", DAY.on))) == 1

    def test_once_more_is_asked_in_so_many_words_and_keeps_the_first(self) -> None:
        later = replace(self.FIRST, version=2, valid_from=DAY.on + timedelta(days=1), digest="2")
        kpis = service(self.FLEET, [self.FIRST, later], ledger := MemoryKpiLedger())
        asyncio.run(kpis.compute(DAY.on, ""))
        again = asyncio.run(kpis.recompute(DAY.on, "coverage", 2, "ann"))
        assert [c.version for c in asyncio.run(ledger.computations("coverage", DAY.on))] == [2, 1]
        assert (again.version, again.computed_by) == (2, "ann")
        with pytest.raises(UnknownKpi, match="version 3"):
            asyncio.run(kpis.recompute(DAY.on, "coverage", 3, "ann"))

    def test_a_version_that_was_changed_after_use_is_refused(self) -> None:
        ledger = MemoryKpiLedger()
        asyncio.run(service(self.FLEET, [self.FIRST], ledger).compute(DAY.on, ""))
        changed = replace(self.FIRST, digest="other")
        with pytest.raises(ConfigError, match="version 1 of coverage was changed"):
            asyncio.run(service(self.FLEET, [changed], ledger).recompute(DAY.on, "coverage", None, "ann"))

    def test_a_day_that_is_not_over_is_refused(self) -> None:
        kpis = service(self.FLEET, [self.FIRST], MemoryKpiLedger())
        with pytest.raises(Conflict, match="cannot be computed before"):
            asyncio.run(kpis.compute(DAY.on + timedelta(days=1), ""))

    def test_a_definition_that_counts_more_than_there_is_is_refused(self) -> None:
        upside_down = replace(DEFINITIONS["completeness"], numerator=Measure.DUE_SLOTS, denominator=Measure.INSTALLED)
        with pytest.raises(ConfigError, match="counts more than it has"):
            asyncio.run(service(self.FLEET, [upside_down], MemoryKpiLedger()).compute(DAY.on, ""))

    def test_nothing_is_computed_while_readings_wait_in_the_spool(self) -> None:
        kpis = service(self.FLEET, [self.FIRST], MemoryKpiLedger())
        kpis._stores = replace(kpis._stores, is_spooling=lambda: True)
        with pytest.raises(StoreUnavailable, match="spool"):
            asyncio.run(kpis.compute(DAY.on, ""))
