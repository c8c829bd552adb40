"""The ways to one meter, and which of them is used: a pure decision on how each has answered. Asks nothing.

Way 1 is the meter's own line. A way is dead after some failed cycles in a row; the next one is then used in the same
cycle. Better ways that are dead are probed 1, 2, 4 ... 32 cycles apart, before the way in use is asked, and are used
again after two answers in a row. A way that dies soon after its return is spared for longer than the time before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from headend.domain.metering import OWN_LINE, Line, MeterInstallation, Protocol

LONGEST_PAUSE = 32
RETURN_AFTER = 2  # answers in a row of a better way; one alone may be luck
SETTLED_AFTER = 32  # answers in a row after which an old death is forgotten
WORST_RANK = 99


@dataclass(frozen=True, slots=True)
class Way:
    """One more way to a meter: `rank` from 2 on, valid from an instant until another or for good."""

    installation_id: int
    rank: int
    protocol: Protocol
    profile: str
    server_address: str
    line: Line
    valid_from: datetime
    valid_to: datetime | None = None
    added_by: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        if not OWN_LINE < self.rank <= WORST_RANK:
            raise ValueError(f"the rank of a way is from {OWN_LINE + 1} to {WORST_RANK}; {OWN_LINE} is the own line")
        if self.valid_from.tzinfo is None:
            raise ValueError("valid_from must be aware")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("a way cannot end before it begins")

    def holds_at(self, instant: datetime) -> bool:
        """It may be used then."""
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)

    def overlaps(self, other: Way) -> bool:
        """Both hold at some instant."""
        return (other.valid_to is None or self.valid_from < other.valid_to) and (
            self.valid_to is None or other.valid_from < self.valid_to
        )

    def reached(self, installation: MeterInstallation) -> MeterInstallation:
        """The installation as it is reached by this way."""
        meter = replace(
            installation.meter,
            protocol=self.protocol,
            profile=self.profile,
            server_address=self.server_address,
            line=self.line,
        )
        return replace(installation, meter=meter, way=self.rank)


class WayReason(StrEnum):
    """Why the way in use is used."""

    FIRST = "first"
    FAILED_OVER = "failed_over"
    RETURNED = "returned"
    NONE_ANSWERS = "none_answers"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class WayHealth:
    """How a way has answered: failures and answers in a row, cycles until its next probe, and the present pause.

    A pause above zero says that it died not long ago. `problem` is that of the newest failure.
    """

    is_dead: bool = False
    failures: int = 0
    answers: int = 0
    wait: int = 0
    pause: int = 0
    answered_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str = ""


FRESH = WayHealth()


@dataclass(frozen=True, slots=True)
class WayChoice:
    """The way in use, since when and why, and how every way has answered; `problem` is of the way that was left."""

    rank: int = OWN_LINE
    since: datetime | None = None
    reason: WayReason = WayReason.FIRST
    problem: str = ""
    health: Mapping[int, WayHealth] = field(default_factory=dict)

    def of(self, rank: int) -> WayHealth:
        """How a way has answered."""
        return self.health.get(rank, FRESH)


NO_CHOICE = WayChoice()


def resumed(kept: WayChoice) -> WayChoice:
    """A kept choice after a restart: nothing is known of how ways answer, but that better ones were left."""
    left = WayHealth(is_dead=True, wait=1, pause=1)
    return replace(kept, health=dict.fromkeys(range(OWN_LINE, kept.rank), left))


@dataclass(frozen=True, slots=True)
class WayOutcome:
    """One way was tried in a cycle: empty `problem` means that the meter answered."""

    rank: int
    problem: str = ""


def attempts(ranks: Sequence[int], choice: WayChoice, dead_after: int) -> tuple[int, ...]:
    """The ways to try in a cycle, in this order, until one answers; `ranks` are all that hold, ascending."""
    if all(choice.of(rank).is_dead for rank in ranks):
        return tuple(ranks)
    used = choice.rank if choice.rank in ranks else ranks[0]
    better = [rank for rank in ranks if rank < used and choice.of(rank).wait == 0]
    if choice.of(used).failures + 1 < dead_after:
        return (*better, used)
    others = [rank for rank in ranks if rank != used and rank not in better]
    return (*better, used, *sorted(others, key=lambda rank: (choice.of(rank).is_dead, rank)))


def after_cycle(
    ranks: Sequence[int], choice: WayChoice, tried: Sequence[WayOutcome], now: datetime, dead_after: int
) -> WayChoice:
    """What is known, and which way is used, after a cycle in which these ways were tried."""
    outcomes = {one.rank: one for one in tried}
    used = choice.rank if choice.rank in ranks else ranks[0]
    health = {
        rank: _after_outcome(choice.of(rank), outcomes[rank], now, dead_after if rank == used else 1)
        if rank in outcomes
        else _waited(choice.of(rank))
        for rank in ranks
    }
    known = replace(choice, health=health)
    if used != choice.rank:
        known = replace(known, rank=used, since=now, reason=WayReason.CHANGED, problem="")
    rank, reason = _chosen(ranks, known, outcomes)
    if (rank, reason) == (known.rank, known.reason):
        return known
    return replace(known, rank=rank, since=now, reason=reason, problem=known.of(used).problem)


def _chosen(ranks: Sequence[int], known: WayChoice, outcomes: Mapping[int, WayOutcome]) -> tuple[int, WayReason]:
    answered = [rank for rank in ranks if rank in outcomes and not outcomes[rank].problem]
    for rank in answered:
        if rank < known.rank and known.of(rank).answers >= RETURN_AFTER:
            return rank, WayReason.RETURNED
    if not known.of(known.rank).is_dead:
        is_back = known.reason is WayReason.NONE_ANSWERS and known.rank in answered
        return known.rank, WayReason.RETURNED if is_back else known.reason
    alive = answered or [rank for rank in ranks if not known.of(rank).is_dead]
    return (alive[0], WayReason.FAILED_OVER) if alive else (ranks[0], WayReason.NONE_ANSWERS)


def _after_outcome(before: WayHealth, outcome: WayOutcome, now: datetime, dies_after: int) -> WayHealth:
    """A way that is not in use dies of one failure: it was tried because it is dead, or for want of a better one."""
    if not outcome.problem:
        answers = before.answers + 1
        pause = 0 if answers >= SETTLED_AFTER else before.pause
        return WayHealth(False, 0, answers, 0, pause, now, before.failed_at, before.problem)
    failures = before.failures + 1
    failed = replace(before, failures=failures, answers=0, failed_at=now, problem=outcome.problem)
    if failures < dies_after:
        return failed
    pause = min(max(1, 2 * before.pause), LONGEST_PAUSE)
    return replace(failed, is_dead=True, wait=pause, pause=pause)


def _waited(before: WayHealth) -> WayHealth:
    return replace(before, wait=before.wait - 1) if before.wait else before
