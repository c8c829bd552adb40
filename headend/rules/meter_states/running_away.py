"""Running away: the register goes further than the customer can draw, again and again. Once is a spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headend.domain.instants import from_us, iso
from headend.domain.meter_states import StateKind
from headend.domain.readings import Ints
from headend.rules.meter_states.samples import UNIT, Judged, Samples
from headend.rules.meter_states.steps import HOUR_US, REGISTER, WIDTH, remembered, steps

COUNT, SINCE = WIDTH, WIDTH + 1


@dataclass(frozen=True, slots=True)
class RunningAwayRule:
    """`steps` sessions in a row above `allowance` times the contract capacity, or `unknown_capacity_kva`.

    Sessions less than `least_minutes` after the one before are not compared: counts of a display are coarse.
    """

    steps: int
    allowance: float
    unknown_capacity_kva: int
    least_minutes: float
    kind: ClassVar[StateKind] = StateKind.RUNNING_AWAY
    needs: ClassVar[tuple[str, ...]] = (REGISTER,)
    looks_at: ClassVar[tuple[str, ...]] = needs
    width: ClassVar[int] = WIDTH + 2

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """See the protocol."""
        step = steps(seen, memory)
        kva = np.where(seen.capacity_va > 0, seen.capacity_va / 1000 * self.allowance, self.unknown_capacity_kva)
        largest = (step.longest_us / HOUR_US * kva + 0.01) * UNIT  # a limit, not an energy: float is enough
        is_judged = step.is_known & (step.longest_us >= self.least_minutes * 60_000_000)
        is_far = is_judged & (step.by > largest)
        count = np.where(is_far, np.maximum(memory[COUNT], 0) + 1, 0)
        since = np.where(count > 1, memory[SINCE], seen.at)
        kept = np.where(is_judged | ~step.is_known, np.stack([*remembered(seen), count, since]), memory)
        return Judged(is_far & (count >= self.steps), is_judged & ~is_far, since, kept)

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """See the protocol."""
        count, told = int(memory[COUNT][row]), seen.words(REGISTER, row)
        known = int(seen.capacity_va[row]) or self.unknown_capacity_kva * 1000
        limit = f"{self.allowance if seen.capacity_va[row] else 1} x {known} VA"
        if count <= 0:
            return f"within what {limit} can draw: {told}"
        since = iso(from_us(int(memory[SINCE][row])))
        return f"{count} steps since {since} beyond what {limit} can draw: {told}"
