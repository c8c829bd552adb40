"""How far the import register moved since the session before, and in what time. No verdicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headend.domain.readings import Ints
from headend.rules.meter_states.samples import UNIT, UNTOLD, Rows, Samples

REGISTER = "active_energy_import"
WIDTH = 3  # value, received, measured
HOUR_US = 3_600_000_000
RANGE = 10**6 * UNIT  # six digits before the point
NEAR_END = RANGE // 10 * 9


@dataclass(frozen=True, slots=True)
class Steps:
    """`by` is signed and counts a rollover forward. Of the two clocks `shortest_us` and `longest_us` are the spans."""

    is_known: Rows
    by: Ints
    shortest_us: Ints
    longest_us: Ints


def steps(seen: Samples, memory: Ints) -> Steps:
    """From what is remembered in the first WIDTH rows."""
    value, at, measured = memory[0], memory[1], memory[2]
    is_known = np.asarray(value != UNTOLD, np.bool_)
    by = np.where(is_known, seen.values[REGISTER] - np.where(is_known, value, 0), 0)
    by = np.where((by < 0) & (value > NEAR_END) & (by + RANGE < RANGE // 10), by + RANGE, by)
    ours = np.where(is_known, seen.at - np.where(is_known, at, 0), 0)
    theirs = np.where(is_known, seen.measured - np.where(is_known, measured, 0), 0)
    return Steps(is_known, by, np.maximum(np.minimum(ours, theirs), 0), np.maximum(ours, theirs))


def remembered(seen: Samples) -> list[Ints]:
    """The first WIDTH rows of the memory after this session."""
    return [seen.values[REGISTER], seen.at, seen.measured]
