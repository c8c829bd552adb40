"""Unit: the device told a unit that is not the reading type's. No conversion happens here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import UNIT_CODE
from headend.domain.readings import ReadingBatch
from headend.domain.register_steps import by_type
from headend.rules.rule import Rows, ValidationContext


@dataclass(frozen=True, slots=True)
class UnitRule:
    """Takes no parameter."""

    quality: ClassVar[ReadingQuality] = ReadingQuality.WRONG_UNIT

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True where the told unit differs from the type's, or is no unit we know."""
        expected = {row.id: UNIT_CODE[row.unit] for row in context.types.rows}
        wrong: Rows = batch.unit != by_type(context.types, batch.reading_type, expected, -1)
        return wrong
