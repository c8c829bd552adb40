"""Clock wrong: further off than the site allows. Sets nothing: see the correction of clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headend.domain.meter_states import StateKind
from headend.domain.readings import Ints
from headend.rules.meter_states.samples import UNIT, Judged, Samples

OFFSET = "clock_offset"


@dataclass(frozen=True, slots=True)
class ClockWrongRule:
    """More than `beyond_s` off; over when it is within `good_s` again."""

    beyond_s: int
    good_s: int
    kind: ClassVar[StateKind] = StateKind.CLOCK_WRONG
    needs: ClassVar[tuple[str, ...]] = (OFFSET,)
    looks_at: ClassVar[tuple[str, ...]] = needs
    width: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not 0 <= self.good_s <= self.beyond_s:
            raise ValueError("good_s must be at most beyond_s")

    def judge(self, seen: Samples, memory: Ints) -> Judged:
        """See the protocol."""
        off = np.abs(seen.values[OFFSET])
        return Judged(off > self.beyond_s * UNIT, off <= self.good_s * UNIT, seen.at, memory)

    def evidence(self, seen: Samples, memory: Ints, row: int) -> str:
        """See the protocol."""
        return seen.words(OFFSET, row)
