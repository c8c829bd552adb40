"""Parking: a meter that is neither polled nor counted for a while, with a reason and an end. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ParkingReason(StrEnum):
    """Why nothing is expected of a meter."""

    UNDER_REPAIR = "under_repair"
    NOT_YET_ENERGISED = "not_yet_energised"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Parking:
    """One stay: from `since` to `ended_at`, or to `until` when nobody ended it before; open when both are None.

    `ended_by` names who ended it; it is empty for a meter that came back by itself.
    """

    installation_id: int
    reason: ParkingReason
    note: str
    parked_by: str
    since: datetime
    until: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        if self.since.tzinfo is None or (self.until is not None and self.until.tzinfo is None):
            raise ValueError("the instants of a parking must be aware")
        if self.until is not None and self.until <= self.since:
            raise ValueError("a parking ends after it begins")

    @property
    def end(self) -> datetime | None:
        """When it is over, as far as is known; None while nobody has said."""
        return self.until if self.ended_at is None else self.ended_at

    def is_parked_at(self, instant: datetime) -> bool:
        """The meter is parked at that instant."""
        return self.since <= instant and (self.end is None or instant < self.end)

    def overlaps(self, start: datetime, end: datetime | None) -> bool:
        """Some instant of [start, end) lies in it; `end` None means for ever."""
        return (end is None or self.since < end) and (self.end is None or max(start, self.since) < self.end)
