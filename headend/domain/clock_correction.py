"""How a wrong clock is put right: one pure decision by a table, and the words for what came of it. Sends nothing.

DL/T 645: a broadcast moves a clock by at most five minutes, once a day and not around midnight; it reaches every meter
of a line and nobody answers. A write to one address needs a password and sets date or time, so each is an order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum


class Remedy(StrEnum):
    """What is to be done about a clock."""

    NONE = "none"
    BROADCAST = "broadcast"
    WRITE_TIME = "write_time"
    WRITE_DATE = "write_date"
    PERSON = "person"

    @property
    def is_addressed(self) -> bool:
        """It is a write to one meter, with a password."""
        return self in (Remedy.WRITE_TIME, Remedy.WRITE_DATE)

    @property
    def is_sent(self) -> bool:
        """Something goes out to the line."""
        return self.is_addressed or self is Remedy.BROADCAST


class Outcome(StrEnum):
    """What came of an order. UNKNOWN: something was sent and the clock could not be read afterwards."""

    SENT = "sent"
    CORRECTED = "corrected"
    NOT_MOVED = "not_moved"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CorrectionTerms:
    """The table of the decision, in seconds of absolute offset.

    Up to `good_s` nothing is done, up to `broadcast_s` a broadcast helps, up to `write_s` one write does, beyond it a
    person has to look. `quiet_minutes` before and after each of `quiet_at` (by either clock) no clock is touched.
    """

    good_s: int = 5
    broadcast_s: int = 290
    write_s: int = 400_000_000
    quiet_minutes: int = 6
    quiet_at: tuple[str, ...] = ("00:00",)

    def __post_init__(self) -> None:
        if not 1 <= self.good_s < self.broadcast_s <= 300 <= self.write_s or self.quiet_minutes < 5:
            raise ValueError("good_s < broadcast_s <= 300 <= write_s, and quiet_minutes is 5 or more")
        for text in self.quiet_at:
            time.fromisoformat(text)

    def is_quiet(self, local: datetime) -> bool:
        """Whether a local time is too near to where a day or a month is closed."""
        minutes = local.hour * 60 + local.minute + local.second / 60
        for text in self.quiet_at:
            at = time.fromisoformat(text)
            apart = abs(minutes - at.hour * 60 - at.minute)
            if min(apart, 24 * 60 - apart) <= self.quiet_minutes:
                return True
        return False


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What a decision stands on: the offset just measured, our local time, and what was or can be done."""

    offset_s: int
    local: datetime
    is_broadcast_today: bool = False
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    remedy: Remedy
    reason: str


def decide(facts: ClockFacts, terms: CorrectionTerms) -> Decision:
    """The remedy for a clock."""
    size, shown = abs(facts.offset_s), facts.local + timedelta(seconds=facts.offset_s)
    if size <= terms.good_s:
        return Decision(Remedy.NONE, f"off by {facts.offset_s} s, which is good")
    if terms.is_quiet(facts.local) or (size <= terms.broadcast_s and terms.is_quiet(shown)):
        return Decision(Remedy.NONE, "no clock is touched around midnight or a settlement: order it again later")
    if size <= terms.broadcast_s and not facts.is_broadcast_today:
        return Decision(Remedy.BROADCAST, f"off by {facts.offset_s} s, which a broadcast mends")
    if size > terms.write_s:
        return Decision(Remedy.PERSON, f"off by {facts.offset_s} s: more than is set from afar")
    if not facts.has_password:
        used = "a broadcast went to this line today already" if size <= terms.broadcast_s else "a broadcast cannot"
        return Decision(Remedy.PERSON, f"{used}, and there is no password for a write to this meter")
    if shown.date() != facts.local.date():
        return Decision(Remedy.WRITE_DATE, f"off by {facts.offset_s} s: the date first, the time with another order")
    return Decision(Remedy.WRITE_TIME, f"off by {facts.offset_s} s")


def outcome_of(remedy: Remedy, before_s: int, after_s: int | None, terms: CorrectionTerms) -> Outcome:
    """What a clock read afterwards says; None where it could not be read."""
    if after_s is None:
        return Outcome.UNKNOWN
    if remedy is Remedy.WRITE_DATE:
        return Outcome.CORRECTED if abs(after_s) < 86_400 and abs(after_s) < abs(before_s) else Outcome.NOT_MOVED
    return Outcome.CORRECTED if abs(after_s) <= terms.good_s else Outcome.NOT_MOVED


@dataclass(frozen=True, slots=True)
class WriteAccess:
    """Who writes into a meter. Nothing of it is ever shown."""

    level: str = field(repr=False)
    password: str = field(repr=False)
    operator: str = field(default="00000000", repr=False)

    def __post_init__(self) -> None:
        for text, size in ((self.level, 2), (self.password, 6), (self.operator, 8)):
            if len(text) != size or not (text.isascii() and text.isalnum()):
                raise ValueError("level has two, password six and operator eight digits, in quotes")


@dataclass(frozen=True, slots=True)
class ClockOrder:
    """One order and what came of it; kept before anything is sent. `day` is the local day, as 2026-11-24."""

    installation_id: int
    line_id: int
    remedy: Remedy
    ordered_by: str
    ordered_at: datetime
    day: str
    before_s: int
    outcome: Outcome = Outcome.SENT
    after_s: int | None = None
    reason: str = ""
    closed_at: datetime | None = None
    id: int = 0
