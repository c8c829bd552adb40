"""Range: a value outside what the quantity can be. Limits by reading type in its unit; no limit, no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import numpy as np

from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingBatch
from headend.domain.register_steps import by_type
from headend.rules.rule import Rows, ValidationContext

INT64 = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends are still plausible."""

    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class PlausibleRangeRule:
    """`limits`: reading type name to its plausible range."""

    limits: Mapping[str, Range]
    quality: ClassVar[ReadingQuality] = ReadingQuality.OUT_OF_RANGE

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True below the lowest or above the highest plausible value."""
        lowest, highest = {}, {}
        for name, limit in self.limits.items():
            row = context.types.by_name(name)
            lowest[row.id], highest[row.id] = row.scale(limit.lowest), row.scale(limit.highest)
        low = by_type(context.types, batch.reading_type, lowest, INT64.min)
        high = by_type(context.types, batch.reading_type, highest, INT64.max)
        return (batch.value < low) | (batch.value > high)
