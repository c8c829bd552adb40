"""Each rule: when a state begins, when it ends, and what must not open it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headend.domain.events import EventKind
from headend.domain.meter_states import StateKind
from tests.unit.headend.meter_states.told import IMPORT, Told

ONE = 1


def test_a_register_that_stands_while_power_flows_is_stopped_and_says_on_what() -> None:
    told = Told()
    told.registers(*["100.00"] * 24)
    assert told.standing() == []  # five hours and three quarters
    told.registers("100.00")
    assert told.standing() == [(ONE, StateKind.STOPPED)]
    [state] = told.book.states
    assert "no step since 2026-11-24T12:15:00Z while 6 kWh" in state.evidence and "active_power 1 " in state.evidence
    told.registers("100.25")
    assert told.standing() == [] and "the register moves" in told.book.states[0].closing_evidence
    assert told.kinds() == [EventKind.METER_STATE_OPENED, EventKind.METER_STATE_CLOSED]


@pytest.mark.parametrize("power", ["0", "-2", "0.01"])
def test_without_a_load_that_counts_nothing_has_stopped(power: str) -> None:
    told = Told()
    told.registers(*["100.00"] * 30, power=power)
    assert told.standing() == []


def test_what_flowed_in_a_long_gap_nobody_knows() -> None:
    told = Told()
    for _ in range(5):
        told.registers("100.00")
        told.wait(timedelta(hours=5))
    assert told.standing() == []


def test_a_register_that_goes_back_three_times_runs_backwards() -> None:
    told = Told()
    told.registers("100", "99.5", "99.5", "99")
    assert told.standing() == []
    told.registers("98.5")
    assert told.standing() == [(ONE, StateKind.REVERSED)]
    assert "3 steps back since 2026-11-24T12:30:00Z" in told.book.states[0].evidence
    told.registers("98.75")
    assert told.standing() == []


@pytest.mark.parametrize(
    "values", [["500", "0", "1", "2", "3"], ["999999.90", "0.10", "0.30"], ["5", "4", "6", "5", "7", "6", "8", "7"]]
)
def test_a_reset_a_rollover_and_single_steps_are_no_backward_run(values: list[str]) -> None:
    told = Told()
    told.registers(*values)
    assert told.standing() == []


def test_three_steps_beyond_the_contract_in_a_row_run_away() -> None:
    told = Told()
    told.registers("0", "100", "200")
    assert told.standing() == []
    told.registers("300")
    assert told.standing() == [(ONE, StateKind.RUNNING_AWAY)]
    told.registers("300.1")
    assert told.standing() == []


@pytest.mark.parametrize("values", [["0", "500", "500.1", "1000", "1000.1"], ["0", "1", "2", "3", "4"]])
def test_a_spike_and_a_common_load_run_nowhere(values: list[str]) -> None:
    told = Told()
    told.registers(*values)
    assert told.standing() == []


def test_questions_in_quick_succession_are_not_compared() -> None:
    told = Told()
    told.registers("0")
    for value in ("0.3", "0.6", "0.9", "1.2"):
        told.wait(timedelta(seconds=1))
        told.keep_all(told.readings(1, {IMPORT: value}))
    assert told.standing() == []


def test_a_clock_is_wrong_until_it_is_good_again() -> None:
    told = Told()
    for offset in ("300", "-300"):
        told.tell(clock_offset=offset)
        assert told.standing() == []
    told.tell(clock_offset="-301")
    assert told.standing() == [(ONE, StateKind.CLOCK_WRONG)]
    told.tell(clock_offset="61")
    assert told.standing() == [(ONE, StateKind.CLOCK_WRONG)]
    told.tell(clock_offset="60")
    assert told.standing() == []


def test_a_battery_is_low_until_it_is_exchanged() -> None:
    told = Told()
    for volts, count in (("3.00", 0), ("2.99", 1), ("3.10", 1), ("3.30", 0)):
        told.tell(clock_battery_voltage=volts)
        assert len(told.standing()) == count


def phases(told: Told, *volts: str) -> int:
    """Tell voltages; how many states stand then."""
    told.tell(**{f"voltage_l{number}": one for number, one in enumerate(volts, start=1)})
    return len(told.standing())


def test_a_phase_that_lived_and_is_dead_is_lost_until_it_lives_again() -> None:
    told = Told()
    assert [phases(told, "230", "231", two) for two in ("229", "150", "30", "150", "225")] == [0, 0, 1, 1, 0]


def test_a_phase_that_never_lived_a_single_phase_and_a_dark_house_are_no_loss() -> None:
    told = Told()
    assert [phases(told, "230", "0", "229"), phases(told, "230", "0", "229")] == [0, 0]
    assert [phases(told, "230"), phases(told, "0", "0", "0"), phases(told, "230", "0", "230")] == [0, 0, 0]
