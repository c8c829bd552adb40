"""Spike: a register that went further than the customer can draw in the time since the reading before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingBatch
from headend.rules.rule import Rows, ValidationContext


@dataclass(frozen=True, slots=True)
class SpikeRule:
    """`allowance` times the contract capacity, or `unknown_capacity_kva`, is the most a customer can draw."""

    allowance: float
    unknown_capacity_kva: int
    quality: ClassVar[ReadingQuality] = ReadingQuality.SPIKE

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True where the register went up by more than the power allows."""
        steps = context.steps(batch, allowance=self.allowance, unknown_va=self.unknown_capacity_kva * 1000)
        return steps.too_far
