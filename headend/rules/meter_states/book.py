"""The state rules, in one explicit list: a new one is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass

from headend.rules.meter_states.battery_low import BatteryLowRule
from headend.rules.meter_states.clock_wrong import ClockWrongRule
from headend.rules.meter_states.phase_lost import PhaseLostRule
from headend.rules.meter_states.reversed import ReversedRule
from headend.rules.meter_states.running_away import RunningAwayRule
from headend.rules.meter_states.samples import StateRule
from headend.rules.meter_states.stopped import StoppedRule


@dataclass(frozen=True, slots=True)
class StateRules:
    """All of them, each with its thresholds."""

    stopped: StoppedRule
    reversed: ReversedRule
    running_away: RunningAwayRule
    clock_wrong: ClockWrongRule
    battery_low: BatteryLowRule
    phase_lost: PhaseLostRule

    def all(self) -> tuple[StateRule, ...]:
        """In order."""
        return (
            self.stopped,
            self.reversed,
            self.running_away,
            self.clock_wrong,
            self.battery_low,
            self.phase_lost,
        )
