"""What a validation rule is: pure, columnar, and it names the one mark it sets. Changes no value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Ints, ReadingBatch
from headend.domain.register_steps import RegisterSteps, register_steps

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What a rule may know beside the batch, row by row.

    `previous_*`: the nearest earlier billable reading of the same key, -1 in `previous_at` where there is none.
    `capacity_va`: contract capacity, 0 = unknown. `customer_class`: index into CUSTOMER_CLASSES, -1 = unknown.
    """

    types: ReadingTypeTable
    previous_at: Ints
    previous_value: Ints
    capacity_va: Ints
    customer_class: Ints

    def steps(self, batch: ReadingBatch, *, allowance: float, unknown_va: int) -> RegisterSteps:
        """Register steps against `allowance` times the capacity, or `unknown_va` where that is unknown."""
        power = np.where(self.capacity_va > 0, self.capacity_va * allowance, unknown_va).astype(np.int64)
        return register_steps(batch, self.types, self.previous_at, self.previous_value, power)


class ValidationRule(Protocol):
    """One rule, built from its parameters."""

    @property
    def quality(self) -> ReadingQuality:
        """The mark that it sets on the rows for which `evaluate` is true."""
        ...

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True where the mark belongs."""
        ...
