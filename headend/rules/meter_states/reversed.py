"""Reversed: the register goes back again and again. Once is a reset or another meter, and other rules' business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headend.domain.instants import from_us, iso
from headend.domain.meter_states import StateKind
from headend.domain.readings import Ints
from headend.rules.meter_states.samples import Judged, Samples
from headend.rules.meter_states.steps import REGISTER, WIDTH, remembered, steps

COUNT, SINCE = WIDTH, WIDTH + 1


@dataclass(frozen=True, slots=True)
class ReversedRule:
    """`steps` sessions in which it went back, with none between in which it went forward."""

    steps: int
    kind: ClassVar[StateKind] = StateKind.REVERSED
    needs: ClassVar[tuple[str, ...]] = (REGISTER,)
    looks_at: ClassVar[tuple[str, ...]] = needs
    width: ClassVar[int] = WIDTH + 2

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """See the protocol."""
        step = steps(seen, memory)
        is_back, is_forward = step.by < 0, step.by > 0
        count = np.where(is_forward, 0, np.maximum(memory[COUNT], 0) + is_back)
        since = np.where(count == 0, seen.at, np.where(is_back & (count == 1), seen.at, memory[SINCE]))
        is_so = is_back & (count >= self.steps)
        return Judged(is_so, is_forward, since, np.stack([*remembered(seen), count, since]))

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """See the protocol."""
        count, told = int(memory[COUNT][row]), seen.words(REGISTER, row)
        if not count:
            return f"the register goes forward: {told}"
        return f"{count} steps back since {iso(from_us(int(memory[SINCE][row])))}: {told}"
