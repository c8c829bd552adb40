"""Reading qualities: readings are marked, never dropped. One table joins word, bit, CIM code and severity.

CIM codes are `system.category.index` of IEC 61968-9 (system 2 = head-end, 3 = data management); the indices
of category 6 are this project's own numbers within the standard's validation category.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ReadingQuality(StrEnum):
    """A mark on a reading."""

    TIME_FROM_HEADEND = "time_from_headend"
    ROUNDED = "rounded"
    ROLLOVER = "rollover"
    OUT_OF_RANGE = "out_of_range"
    NOT_MONOTONIC = "not_monotonic"
    SPIKE = "spike"
    CLOCK_OFFSET = "clock_offset"
    WRONG_UNIT = "wrong_unit"
    ESTIMATED = "estimated"
    CONFLICTING = "conflicting"
    IDENTITY_DOUBTED = "identity_doubted"
    CLOCK_JUMPED = "clock_jumped"
    WAYS_DISAGREE = "ways_disagree"
    DATE_DOUBTED = "date_doubted"


class Severity(StrEnum):
    """What a mark does to billing: `info` and `warn` are billable, `fail` is not until resolved."""

    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class QualityMeaning:
    """The row of one quality: its bit in the stored mask, its CIM code and its severity."""

    bit: int
    cim: str
    severity: Severity


MEANINGS: dict[ReadingQuality, QualityMeaning] = {
    ReadingQuality.TIME_FROM_HEADEND: QualityMeaning(0, "2.4.1", Severity.INFO),
    ReadingQuality.ROUNDED: QualityMeaning(1, "2.4.2", Severity.INFO),
    ReadingQuality.ROLLOVER: QualityMeaning(2, "3.6.1", Severity.INFO),
    ReadingQuality.OUT_OF_RANGE: QualityMeaning(3, "3.6.2", Severity.FAIL),
    ReadingQuality.NOT_MONOTONIC: QualityMeaning(4, "3.6.3", Severity.FAIL),
    ReadingQuality.SPIKE: QualityMeaning(5, "3.6.4", Severity.FAIL),
    ReadingQuality.CLOCK_OFFSET: QualityMeaning(6, "3.6.5", Severity.WARN),
    ReadingQuality.WRONG_UNIT: QualityMeaning(7, "3.6.6", Severity.FAIL),
    ReadingQuality.ESTIMATED: QualityMeaning(8, "3.8.1", Severity.FAIL),
    ReadingQuality.CONFLICTING: QualityMeaning(9, "3.6.7", Severity.WARN),
    ReadingQuality.IDENTITY_DOUBTED: QualityMeaning(10, "3.6.8", Severity.FAIL),
    ReadingQuality.WAYS_DISAGREE: QualityMeaning(11, "3.6.9", Severity.WARN),
    ReadingQuality.DATE_DOUBTED: QualityMeaning(12, "3.6.10", Severity.FAIL),
    ReadingQuality.CLOCK_JUMPED: QualityMeaning(13, "3.6.11", Severity.WARN),
}

FAILED_MASK = sum(1 << row.bit for row in MEANINGS.values() if row.severity is Severity.FAIL)


def mask(qualities: Iterable[ReadingQuality]) -> int:
    """The stored integer of a set of qualities."""
    bits = 0
    for quality in qualities:
        bits |= 1 << MEANINGS[quality].bit
    return bits


def unmask(bits: int) -> tuple[ReadingQuality, ...]:
    """The qualities of a stored integer, in the order of the table."""
    return tuple(quality for quality, row in MEANINGS.items() if bits >> row.bit & 1)


def is_billable(bits: int) -> bool:
    """No mark of severity `fail` is set."""
    return not bits & FAILED_MASK
