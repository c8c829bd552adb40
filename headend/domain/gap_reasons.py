"""Why the slots that a meter was asked for and did not tell are missing, judged from its answer alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.gap_ledger import GapReason

FROM_ERROR: Mapping[ItemError, GapReason] = {  # the first of these that the answer holds
    ItemError.NO_ANSWER: GapReason.METER_SILENT,
    ItemError.LINE_DOWN: GapReason.LINE_DOWN,
    ItemError.INVALID_DATA: GapReason.CORRUPT,
    ItemError.REFUSED: GapReason.REFUSED,
    ItemError.NOT_PRESENT: GapReason.NO_RECORD,
    ItemError.NOT_SUPPORTED: GapReason.NOT_SUPPORTED,
}
AHEAD = timedelta(minutes=15)  # a record stamped later than this from now was stamped by a wrong clock


def reason_of(answer: MeterAnswer, now: datetime, *, has_memory: bool) -> GapReason:
    """Why the rest is missing; without `has_memory` the meter has no load records and was asked for its freezes."""
    if any(reading.measured_at > now + AHEAD for reading in answer.readings):
        return GapReason.CLOCK_WRONG
    errors = {result.error for result in answer.results}
    if not has_memory and not errors & {ItemError.NO_ANSWER, ItemError.LINE_DOWN}:
        return GapReason.NOT_SUPPORTED
    return next((reason for error, reason in FROM_ERROR.items() if error in errors), GapReason.NO_RECORD)
