"""Monotonic: a register that went back and did not roll over. Exchange and reset are other rules' business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingBatch
from headend.rules.rule import Rows, ValidationContext


@dataclass(frozen=True, slots=True)
class MonotonicRule:
    """`allowance` times the contract capacity, or `unknown_capacity_kva`, is the most a customer can draw."""

    allowance: float
    unknown_capacity_kva: int
    quality: ClassVar[ReadingQuality] = ReadingQuality.NOT_MONOTONIC

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True where the register is lower than before and no rollover explains it."""
        steps = context.steps(batch, allowance=self.allowance, unknown_va=self.unknown_capacity_kva * 1000)
        return steps.went_back
