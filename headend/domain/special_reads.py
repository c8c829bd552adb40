"""Special reads: a usage point is read at a date of its own, for a contract or because the customer asked. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

GIVEN_UP_AFTER = timedelta(days=3)
"""A meter that says nothing for so long after its date was missed; its register of that moment is past reading."""


class SpecialReason(StrEnum):
    """Why a usage point is read at a date of its own."""

    CONTRACT_START = "contract_start"
    CONTRACT_END = "contract_end"
    TARIFF_CHANGE = "tariff_change"
    CUSTOMER_REQUEST = "customer_request"


class SpecialState(StrEnum):
    """What became of it."""

    OPEN = "open"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SpecialRead:
    """Read `usage_point` at `due_at`. `instead_of_plan` leaves it out on the local day `instead_of_day`."""

    usage_point: str
    due_at: datetime
    reason: SpecialReason
    ordered_by: str
    ordered_at: datetime
    note: str = ""
    instead_of_plan: str = ""
    instead_of_day: date | None = None
    state: SpecialState = SpecialState.OPEN
    ended_at: datetime | None = None
    outcome: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        if self.due_at.tzinfo is None:
            raise ValueError("due_at must be aware")
        if bool(self.instead_of_plan) != (self.instead_of_day is not None):
            raise ValueError("a read instead of another names the plan and the day of that other")
