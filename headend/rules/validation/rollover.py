"""Rollover: a register that passed its last digit. A mark to know, not a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingBatch
from headend.rules.rule import Rows, ValidationContext


@dataclass(frozen=True, slots=True)
class RolloverRule:
    """`allowance` times the contract capacity, or `unknown_capacity_kva`, is the most a customer can draw."""

    allowance: float
    unknown_capacity_kva: int
    quality: ClassVar[ReadingQuality] = ReadingQuality.ROLLOVER

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True where the register is lower than before and the way over the rollover is plausible."""
        steps = context.steps(batch, allowance=self.allowance, unknown_va=self.unknown_capacity_kva * 1000)
        return steps.rolled_over
