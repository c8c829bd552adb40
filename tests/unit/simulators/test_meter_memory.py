"""Freezes, load records, demand and snapshots come from the same integral as the registers."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulators.load_shape import CustomerClass
from simulators.meter import SimulatedMeter

MakeMeter = Callable[..., SimulatedMeter]
SLOW = {"clock_offset": timedelta(seconds=-90), "drift_ppb": 2_000}


def test_last_midnight_is_the_first_daily_freeze(meter: SimulatedMeter, now: datetime) -> None:
    freeze = meter.daily_freeze(1, now)
    assert freeze is not None
    assert freeze.stamp.isoformat() == "2026-03-20T00:00:00"
    assert freeze.at == datetime(2026, 3, 19, 16, tzinfo=UTC)
    assert freeze.energy == meter.energy(freeze.at)


def test_a_slow_clock_freezes_late_and_the_registers_agree(make_meter: MakeMeter, now: datetime) -> None:
    meter = make_meter(**SLOW)
    freeze = meter.daily_freeze(1, now)
    assert freeze is not None
    assert meter.clock.local(freeze.at) == freeze.stamp
    late = freeze.at - datetime(2026, 3, 19, 16, tzinfo=UTC)
    assert timedelta(seconds=70) < late < timedelta(seconds=90)
    assert freeze.energy == meter.energy(freeze.at) != meter.energy(freeze.at - late)


def test_sixty_two_days_are_kept_and_no_more(meter: SimulatedMeter, now: datetime) -> None:
    assert meter.daily_freeze(62, now) is not None
    assert meter.daily_freeze(63, now) is None
    assert meter.daily_freeze(0, now) is None


def test_nothing_was_frozen_before_commissioning(meter: SimulatedMeter) -> None:
    young = meter.commissioned + timedelta(days=3, hours=5)
    assert meter.daily_freeze(4, young) is not None
    assert meter.daily_freeze(5, young) is None


@pytest.mark.parametrize("clock", [{}, SLOW])
def test_load_record_daily_and_hourly_freeze_of_midnight_are_equal(
    make_meter: MakeMeter, now: datetime, clock: dict[str, object]
) -> None:
    meter = make_meter(**clock)
    daily, hourly = meter.daily_freeze(1, now), meter.hourly_freeze(17, now)
    assert daily is not None
    (record,) = meter.load_records(daily.stamp, 1, now)
    assert daily == hourly == record


def test_settlement_of_last_month_is_the_freeze_of_its_first_day(meter: SimulatedMeter, now: datetime) -> None:
    settled = meter.settlement(1, now)
    assert settled == meter.daily_freeze(20, now)
    assert meter.settlement(3, now) is not None  # 1 January, when it was commissioned
    assert meter.settlement(4, now) is None


def test_load_records_tile_sixty_two_days_without_a_hole(meter: SimulatedMeter, now: datetime) -> None:
    records = list(meter.load_records(datetime.fromisoformat("2026-01-01"), 10_000, now))
    stamps = [record.stamp for record in records]
    assert stamps[0] == datetime.fromisoformat("2026-01-17")
    assert stamps[-1] == datetime.fromisoformat("2026-03-20T16:00")
    assert {b - a for a, b in itertools.pairwise(stamps)} == {timedelta(minutes=15)}
    used = records[-1].energy - records[0].energy
    assert used == meter.energy(records[-1].at) - meter.energy(records[0].at)


def test_maximum_demand_is_the_greatest_difference_of_load_records(make_meter: MakeMeter, now: datetime) -> None:
    meter = make_meter(customer_class=CustomerClass.PROSUMER)
    opened = datetime(2026, 3, 10, 12, 7, tzinfo=meter.spec.zone)
    meter.relay.open(opened, "test")
    meter.relay.close(opened + timedelta(hours=9), "test")
    records = list(meter.load_records(datetime.fromisoformat("2026-03-01"), 10_000, now))
    for register in ("active_energy_import", "active_energy_export", "active_energy_import_t1"):
        means = [(b.energy.exact(register) - a.energy.exact(register)) // 900 for a, b in itertools.pairwise(records)]
        demand = meter.max_demand(register, now)
        assert demand.watts == max(means)
        assert demand.stamp == records[means.index(max(means)) + 1].stamp


def test_power_shown_is_what_the_register_gains(make_meter: MakeMeter, now: datetime) -> None:
    for kind in CustomerClass:
        meter = make_meter(customer_class=kind, phases=3)
        used = meter.energy(now + timedelta(seconds=1)) - meter.energy(now)
        snapshot = meter.snapshot(now)
        assert snapshot.active_w == used.exact("active_energy_import") - used.exact("active_energy_export")
        assert sum(phase.active_w for phase in snapshot.phases) == snapshot.active_w


def test_current_times_voltage_is_the_apparent_power(make_meter: MakeMeter, now: datetime) -> None:
    for phase in make_meter(customer_class=CustomerClass.INDUSTRIAL, phases=3).snapshot(now).phases:
        assert abs(phase.current_a * phase.voltage_v - phase.apparent_va) < Decimal("0.7")
        assert abs(phase.power_factor * phase.apparent_va - phase.active_w) < phase.apparent_va * Decimal("0.001")
        assert Decimal(195) < phase.voltage_v < Decimal(245)


def test_no_energy_flows_while_the_relay_is_open(meter: SimulatedMeter, now: datetime) -> None:
    untouched = meter.energy(now + timedelta(hours=3)) - meter.energy(now + timedelta(hours=2))
    start = meter.energy(now)
    meter.relay.open(now, "trip")
    assert meter.energy(now + timedelta(hours=2)) == start
    assert meter.snapshot(now + timedelta(hours=1)).active_w == 0
    meter.relay.close(now + timedelta(hours=2), "close")
    assert meter.energy(now + timedelta(hours=3)) - start == untouched
    assert meter.snapshot(now + timedelta(hours=3)).active_w > 0


def test_a_relay_movement_is_told_once_and_not_repeated(meter: SimulatedMeter, now: datetime) -> None:
    heard: list[bool] = []
    meter.relay.listen(lambda movement: heard.append(movement.is_closed))
    meter.relay.open(now, "trip")
    meter.relay.open(now + timedelta(seconds=1), "trip again")
    meter.relay.close(now + timedelta(seconds=2), "close")
    assert heard == [False, True]
    with pytest.raises(ValueError, match="past"):
        meter.relay.open(now, "late")
