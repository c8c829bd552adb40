"""Clock offset: the meter's time is too far from ours to say when a live value was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from headend.domain.quality import ReadingQuality
from headend.domain.readings import SOURCE_CODE, ReadingBatch, ReadingSource, source_codes
from headend.rules.rule import Rows, ValidationContext

LIVE = np.array([SOURCE_CODE[ReadingSource.SCHEDULED], SOURCE_CODE[ReadingSource.ON_DEMAND]])


@dataclass(frozen=True, slots=True)
class ClockOffsetRule:
    """`limit_s`: 60 s is where correction becomes due, 300 s where a broadcast no longer helps."""

    limit_s: int
    quality: ClassVar[ReadingQuality] = ReadingQuality.CLOCK_OFFSET

    def evaluate(self, batch: ReadingBatch, context: ValidationContext) -> Rows:
        """True where a live value's two times differ too much, or a stored one claims to come from the future."""
        ahead = batch.measured_at - batch.received_at
        limit = self.limit_s * 1_000_000
        return np.where(np.isin(source_codes(batch.source), LIVE), np.abs(ahead) > limit, ahead > limit)
