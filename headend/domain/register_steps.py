"""How far a register moved and how far it could have: columnar arithmetic on scaled registers, no verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headend.domain.reading_types import ReadingKind, ReadingTypeTable
from headend.domain.readings import Ints, ReadingBatch

HOUR_US = 3_600_000_000
NEAR_END_TENTHS = 9  # of the range: a register below cannot have rolled over, however long nobody looked
Rows = NDArray[np.bool_]


def by_type(types: ReadingTypeTable, column: Ints, values: Mapping[int, int], default: int) -> Ints:
    """For each row of a column of reading type ids the number that belongs to its type."""
    table = np.full(max(row.id for row in types.rows) + 1, default, np.int64)
    for type_id, value in values.items():
        table[type_id] = value
    result: Ints = table[column]
    return result


@dataclass(frozen=True, slots=True)
class RegisterSteps:
    """For each row: whether it is a register with a predecessor, how far it went, and how far it could have.

    `was_near_end`: the predecessor was in the last tenth of the range. `step` is counted forward over the rollover;
    `largest` is what the given power makes in the time between, plus one display count of 0.01. Both are scaled as the
    reading type is.
    """

    comparable: Rows
    is_lower: Rows
    was_near_end: Rows
    step: Ints
    largest: Ints

    @property
    def rolled_over(self) -> Rows:
        """Lower than before, which was near the last digit, and the way over the rollover is one the power allows."""
        return self.comparable & self.is_lower & self.was_near_end & (self.step <= self.largest)

    @property
    def went_back(self) -> Rows:
        """Lower than before, and no rollover explains it: a register that was reset, or another meter's."""
        return self.comparable & self.is_lower & ~(self.was_near_end & (self.step <= self.largest))

    @property
    def too_far(self) -> Rows:
        """Higher than before by more than the power allows."""
        return self.comparable & ~self.is_lower & (self.step > self.largest)


def register_steps(
    batch: ReadingBatch, types: ReadingTypeTable, previous_at: Ints, previous_value: Ints, power_va: Ints
) -> RegisterSteps:
    """Compare each register of the batch with its predecessor; `power_va` is the most the customer can draw."""
    registers = [row for row in types.rows if row.kind is ReadingKind.REGISTER]
    modulus = by_type(types, batch.reading_type, {row.id: row.modulus for row in registers}, 0)
    scale = by_type(types, batch.reading_type, {row.id: 10**row.decimals for row in registers}, 1)
    comparable = (modulus > 0) & (previous_at >= 0)
    step = (batch.value - previous_value) % np.where(modulus > 0, modulus, 1)
    hours = (batch.measured_at - previous_at) / HOUR_US  # a limit, not an energy: float is enough
    largest = np.ceil((hours * power_va / 1000 + 0.01) * scale)
    return RegisterSteps(
        comparable=comparable,
        is_lower=batch.value < previous_value,
        was_near_end=previous_value * 10 > modulus * NEAR_END_TENTHS,
        step=step,
        largest=np.where(comparable, largest, 0).astype(np.int64),
    )
