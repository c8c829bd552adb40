"""Registers are the integral of the load, to the watt-second, at every instant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.integral import REGISTER_COUNTERS, WS_PER_KWH, Energy
from simulators.load_shape import CustomerClass, LoadShape
from simulators.meter import MeterSpec, SimulatedMeter, initial_registers
from simulators.slots import SLOT_S

MakeMeter = Callable[..., SimulatedMeter]
START = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
PROSUMER = MeterSpec("000000000007", CustomerClass.PROSUMER, seed=3, commissioned=START)
SHARED = SimulatedMeter(PROSUMER)
seconds = st.integers(0, 120 * 86_400)


def watt_seconds(spec: MeterSpec, start: int, end: int) -> tuple[int, int]:
    """Import and export between two UTC seconds, added up slot by slot from the load shape alone."""
    shape = LoadShape(spec.customer_class, seed=spec.seed, meter=int(spec.address), zone=spec.zone, size=spec.size)
    imported = exported = 0
    for month in range(1, 7):
        power = shape.month(2026, month)
        for n, watts in enumerate(power.active_w.tolist()):
            begin = power.grid.start + n * SLOT_S
            shared = max(0, min(end, begin + SLOT_S) - max(start, begin))
            imported += max(watts, 0) * shared
            exported += max(-watts, 0) * shared
    return imported, exported


@settings(max_examples=25, deadline=None)
@given(seconds, seconds)
def test_the_difference_of_two_readings_is_the_sum_of_the_slots_between(one: int, other: int) -> None:
    first, last = sorted((one, other))
    before, after = (SHARED.energy(START + timedelta(seconds=s)) for s in (first, last))
    epoch = int(START.timestamp())
    expected = watt_seconds(PROSUMER, epoch + first, epoch + last)
    used = after - before
    assert (used.exact("active_energy_import"), used.exact("active_energy_export")) == expected


def test_one_watt_more_in_one_slot_would_be_noticed() -> None:
    epoch = int(START.timestamp())
    imported, _ = watt_seconds(PROSUMER, epoch, epoch + 86_400)
    metered = SHARED.energy(START + timedelta(days=1)).exact("active_energy_import")
    assert metered == imported
    assert metered != imported + SLOT_S


@settings(max_examples=200, deadline=None)
@given(seconds, seconds)
def test_no_counter_ever_runs_backwards(one: int, other: int) -> None:
    first, last = sorted((one, other))
    before, after = (SHARED.energy(START + timedelta(seconds=s)) for s in (first, last))
    assert all(b >= a for a, b in zip(before.ws, after.ws, strict=True))


@settings(max_examples=200, deadline=None)
@given(seconds, st.sampled_from(["active_energy_import", "active_energy_export"]), st.integers(0, 4))
def test_the_tariffs_shown_add_up_to_the_total_shown(second: int, register: str, decimals: int) -> None:
    energy = SHARED.energy(START + timedelta(seconds=second))
    tariffs = sum(energy.register(f"{register}_t{n}", decimals=decimals) for n in range(1, 5))
    assert energy.register(register, decimals=decimals) == tariffs


def test_the_shown_total_lies_less_than_four_counts_under_the_exact_one() -> None:
    energy = SHARED.energy(START + timedelta(days=77, seconds=12_345))
    exact = Decimal(energy.exact("active_energy_import")) / WS_PER_KWH
    assert Decimal(0) <= exact - energy.register("active_energy_import") < Decimal("0.04")


def test_at_night_only_the_valley_tariff_runs(meter: SimulatedMeter) -> None:
    night = datetime(2026, 2, 3, 2, 0, tzinfo=meter.spec.zone)
    used = meter.energy(night + timedelta(hours=1)) - meter.energy(night)
    assert [used.exact(f"active_energy_import_t{n}") > 0 for n in range(1, 5)] == [False, False, False, True]


def test_a_register_rolls_over_after_its_last_digit() -> None:
    full = Energy((0, 0, 0, 999_999 * WS_PER_KWH + 3_599_999, *([0] * 28)))
    one_count = Energy((0, 0, 0, 36_000, *([0] * 28)))
    assert full.register("active_energy_import") == Decimal("999999.99")
    assert (full + one_count).register("active_energy_import") == Decimal("0.00")
    assert (full + one_count).register("active_energy_import_t4") == Decimal("0.00")


def test_a_used_meter_starts_with_its_old_registers(make_meter: MakeMeter) -> None:
    meter = make_meter(initial=initial_registers(4_321, reverse_kwh=17))
    energy = meter.energy(meter.commissioned)
    assert energy.register("active_energy_import") == Decimal("4321.00")
    assert energy.register("active_energy_export") == Decimal("17.00")


def test_before_commissioning_there_is_no_reading(meter: SimulatedMeter) -> None:
    with pytest.raises(ValueError, match="not commissioned"):
        meter.energy(meter.commissioned - timedelta(seconds=1))


def test_reading_in_any_order_gives_the_same(make_meter: MakeMeter) -> None:
    instants = [START + timedelta(hours=h) for h in range(0, 90 * 24, 37)]
    forwards, backwards = make_meter(), make_meter()
    assert [forwards.energy(at) for at in instants] == [backwards.energy(at) for at in reversed(instants)][::-1]


@pytest.mark.parametrize(("day", "slots"), [((2026, 3, 29), 92), ((2026, 10, 25), 100), ((2026, 6, 1), 96)])
def test_a_day_of_23_or_25_hours_is_integrated_whole(day: tuple[int, int, int], slots: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spec = replace(PROSUMER, zone=berlin, commissioned=datetime(2026, 1, 1, tzinfo=berlin))
    start = datetime(*day, tzinfo=berlin).astimezone(UTC)
    used = SimulatedMeter(spec).energy(start + timedelta(seconds=slots * SLOT_S))
    used -= SimulatedMeter(spec).energy(start)
    power = LoadShape(spec.customer_class, seed=3, meter=7, zone=berlin, size=1.0).month(day[0], day[1])
    first, last = power.grid.day_firsts[day[2] - 1 : day[2] + 1]
    assert last - first == slots
    assert used.exact("active_energy_import") == int(power.active_w[first:last].clip(0).sum()) * SLOT_S


def test_reactive_energy_falls_into_the_quadrant_of_the_moment() -> None:
    shape = LoadShape(CustomerClass.PROSUMER, seed=3, meter=7, zone=PROSUMER.zone, size=1.0).month(2026, 1)
    used = SHARED.energy(datetime(2026, 2, 1, tzinfo=PROSUMER.zone))
    exporting = shape.active_w < 0
    assert used.exact("reactive_energy_q1") == int(shape.reactive_var[~exporting].sum()) * SLOT_S
    assert used.exact("reactive_energy_q2") == int(shape.reactive_var[exporting].sum()) * SLOT_S
    assert used.exact("reactive_energy_q3") == used.exact("reactive_energy_q4") == 0


def test_every_register_is_made_of_counters_that_exist() -> None:
    assert {row for rows in REGISTER_COUNTERS.values() for row in rows} == set(range(32))
