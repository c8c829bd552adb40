"""Clocks of meters: how far each is off, how fast it drifts, when it jumped. Pure; sets no clock.

An offset is meter minus head-end, in whole seconds. A drift is seconds a day since the clock last jumped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from headend.domain.readings import Ints

Rows = NDArray[np.bool_]
DAY_US = 86_400_000_000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class JumpTerms:
    """When a change of an offset is a jump: more than the drift of a bad clock explains, and then some."""

    beyond_drift_s: int = 2
    drift_s_per_day: int = 2
    trusted_s: int = 300

    def __post_init__(self) -> None:
        if self.beyond_drift_s < 2 or self.drift_s_per_day < 0 or self.trusted_s < 60:
            raise ValueError("beyond_drift_s must be 2 or more, drift_s_per_day 0 or more, trusted_s 60 or more")

    def jumped(self, before_s: Ints, after_s: Ints, elapsed_us: Ints) -> Rows:
        """True where the change from one offset to the next, some microseconds later, is a jump."""
        explained = np.abs(elapsed_us) * self.drift_s_per_day // DAY_US + self.beyond_drift_s
        return np.asarray(np.abs(after_s - before_s) > explained, np.bool_)


class JumpCause(StrEnum):
    """ORDERED: we set it ourselves, or a broadcast to its line did."""

    UNKNOWN = "unknown"
    ORDERED = "ordered"


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is known of a meter's clock: its newest offset, and the first one since it last jumped."""

    installation_id: int
    at: datetime
    offset_s: int
    since: datetime
    first_offset_s: int

    @property
    def drift_s_per_day(self) -> Decimal | None:
        """None before a day has gone by since it was started or set: offsets are whole seconds."""
        watched = self.at - self.since
        if watched < DAY:
            return None
        days = Decimal(int(watched.total_seconds())) / 86_400
        return (Decimal(self.offset_s - self.first_offset_s) / days).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class ClockJump:
    """A clock was `before_s` off at `last_good`, and `after_s` at `seen_at`: it jumped in between."""

    installation_id: int
    last_good: datetime
    seen_at: datetime
    before_s: int
    after_s: int
    cause: JumpCause = JumpCause.UNKNOWN


def doubted_stamps(wrong: ClockJump, until: datetime) -> tuple[datetime, datetime]:
    """The meter times, both in, that a wrong clock may have stamped falsely from a jump until `until`.

    It was set past the times between true and shown, and those that it showed it shows again; where it was off by more
    than a day, nothing of this time can have its own stamp.
    """
    offset = timedelta(seconds=wrong.after_s)
    if abs(offset) > DAY:
        offset = timedelta()
    return wrong.last_good + min(timedelta(), offset), until + max(timedelta(), offset)
