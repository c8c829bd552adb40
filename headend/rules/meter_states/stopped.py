"""Stopped: power flows and the register does not move. Without power nothing is said: an empty flat is no fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headend.domain.instants import from_us, iso
from headend.domain.meter_states import StateKind
from headend.domain.readings import Ints
from headend.rules.meter_states.samples import UNIT, UNTOLD, Judged, Samples, number
from headend.rules.meter_states.steps import HOUR_US, REGISTER, WIDTH, remembered, steps

POWER = "active_power"
STILL_SINCE, MISSED = WIDTH, WIDTH + 1


@dataclass(frozen=True, slots=True)
class StoppedRule:
    """At least `hours` without a step while the meter's own power would have made `least_kwh`.

    Between sessions that are more than `longest_gap_h` apart nobody knows what flowed: that time makes nothing.
    """

    hours: float
    least_kwh: float
    longest_gap_h: float
    kind: ClassVar[StateKind] = StateKind.STOPPED
    needs: ClassVar[tuple[str, ...]] = (REGISTER, POWER)
    looks_at: ClassVar[tuple[str, ...]] = needs
    width: ClassVar[int] = WIDTH + 2

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """See the protocol."""
        step = steps(seen, memory)
        is_still = step.is_known & (step.by == 0)
        hours = step.shortest_us / HOUR_US  # a threshold, not an energy: float is enough
        made = np.maximum(seen.values[POWER], 0) * np.where(step.longest_us <= self.longest_gap_h * HOUR_US, hours, 0)
        missed = np.where(is_still, np.maximum(memory[MISSED], 0) + made.astype(np.int64), 0)
        since = np.where(is_still & (memory[STILL_SINCE] != UNTOLD), memory[STILL_SINCE], seen.at)
        is_long = seen.at - since >= self.hours * HOUR_US
        is_so = is_still & is_long & (missed >= self.least_kwh * UNIT)
        return Judged(is_so, step.is_known & ~is_still, since, np.stack([*remembered(seen), since, missed]))

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """See the protocol."""
        missed = int(memory[MISSED][row])
        told = f"{seen.words(REGISTER, row)}; {seen.words(POWER, row)}"
        if not missed:
            return f"the register moves: {told}"
        still = iso(from_us(int(memory[STILL_SINCE][row])))
        return f"no step since {still} while {number(missed // 1000, 10**4)} kWh should have been counted: {told}"
