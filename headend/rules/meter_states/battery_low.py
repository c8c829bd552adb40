"""Battery low: by the voltage of the clock's battery, for meters whose profile asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headend.domain.meter_states import StateKind
from headend.domain.readings import Ints
from headend.rules.meter_states.samples import UNIT, Judged, Samples

VOLTAGE = "clock_battery_voltage"


@dataclass(frozen=True, slots=True)
class BatteryLowRule:
    """Below `low_v`; over when it is `good_v` or more again, which a new battery makes."""

    low_v: float
    good_v: float
    kind: ClassVar[StateKind] = StateKind.BATTERY_LOW
    needs: ClassVar[tuple[str, ...]] = (VOLTAGE,)
    looks_at: ClassVar[tuple[str, ...]] = needs
    width: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not 0 < self.low_v <= self.good_v:
            raise ValueError("low_v must be above 0 and at most good_v")

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """See the protocol."""
        volts = seen.values[VOLTAGE]
        return Judged(volts < self.low_v * UNIT, volts >= self.good_v * UNIT, seen.at, memory)

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """See the protocol."""
        return seen.words(VOLTAGE, row)
