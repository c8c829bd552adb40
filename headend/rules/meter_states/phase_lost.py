"""Phase lost: one that was alive is dead while another is alive. A phase that never lived is none: wiring differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headend.domain.meter_states import StateKind
from headend.domain.readings import Ints
from headend.rules.meter_states.samples import UNIT, UNTOLD, Judged, Samples

PHASES = ("voltage_l1", "voltage_l2", "voltage_l3")
BITS = np.array([[1], [2], [4]], np.int64)


@dataclass(frozen=True, slots=True)
class PhaseLostRule:
    """Dead below `dead_share` of the highest phase, alive from `live_share` of it on; below `least_v` all are dark."""

    dead_share: float
    live_share: float
    least_v: float
    kind: ClassVar[StateKind] = StateKind.PHASE_LOST
    needs: ClassVar[tuple[str, ...]] = ()
    looks_at: ClassVar[tuple[str, ...]] = PHASES
    width: ClassVar[int] = 2  # bits of phases that ever lived, and of those that are lost

    def __post_init__(self) -> None:
        if not 0 < self.dead_share <= self.live_share < 1:
            raise ValueError("0 < dead_share <= live_share < 1 must hold")

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """See the protocol."""
        volts = np.stack([seen.values[name] for name in PHASES])
        is_told, highest = volts != UNTOLD, volts.max(axis=0)
        is_lit = highest >= self.least_v * UNIT
        is_live = is_told & is_lit & (volts >= highest * self.live_share)
        is_dead = is_told & is_lit & (volts < highest * self.dead_share)
        live, dead = (is_live * BITS).sum(axis=0), (is_dead * BITS).sum(axis=0)
        lived, was_lost = np.maximum(memory[0], 0), np.maximum(memory[1], 0)
        lost = (was_lost | (dead & lived)) & ~live
        told = (is_told * BITS).sum(axis=0)
        is_back = is_lit & (lost == 0) & np.where(was_lost == 0, live == told, True)
        return Judged(lost > 0, is_back, seen.at, np.stack([lived | live, lost]))

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """See the protocol."""
        return "; ".join(seen.words(name, row) for name in PHASES if seen.values[name][row] != UNTOLD)
