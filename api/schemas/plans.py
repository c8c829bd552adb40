"""Shapes of plans and of reads at dates of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import Instant
from headend.domain.plans import Plan, PlanKind, TargetKind
from headend.domain.special_reads import SpecialRead, SpecialReason, SpecialState
from headend.queries.plans import PlanStanding


class PlanAnswer(BaseModel):
    """One plan in force. `unable` meters are meant by it, but no driver can read this of them."""

    name: str
    kind: PlanKind
    target: TargetKind
    target_names: list[str]
    items: list[str]
    every_minutes: int | None
    at: list[str]
    delay_minutes: int
    jitter_minutes: int
    deadline_minutes: int | None
    windows: list[str]
    time_zone: str
    priority: str
    meters: int
    unable: int
    last_slot: Instant | None


class PlansAnswer(BaseModel):
    """All, by name."""

    plans: list[PlanAnswer]


class SpecialReadRequest(BaseModel):
    """Read a usage point at an instant; `instead_of_plan` leaves it out on `instead_of_day`, a local day."""

    model_config = ConfigDict(extra="forbid")

    usage_point: str = Field(min_length=1, max_length=255)
    due_at: Instant
    reason: SpecialReason
    note: str = Field(default="", max_length=1000)
    instead_of_plan: str = Field(default="", max_length=255)
    instead_of_day: date | None = None


class SpecialReadAnswer(BaseModel):
    """One order, and what became of it."""

    id: int
    usage_point: str
    due_at: Instant
    reason: SpecialReason
    note: str
    ordered_by: str
    ordered_at: Instant
    instead_of_plan: str
    instead_of_day: date | None
    state: SpecialState
    ended_at: Instant | None
    outcome: str


class SpecialReadsAnswer(BaseModel):
    """Open ones first, then the others, each newest date first."""

    special_reads: list[SpecialReadAnswer]


def plans_answer(standings: Sequence[PlanStanding]) -> PlansAnswer:
    """All."""
    return PlansAnswer(plans=[_plan(one.plan, one) for one in standings])


def _plan(plan: Plan, standing: PlanStanding) -> PlanAnswer:
    calendar = plan.calendar
    return PlanAnswer(
        name=plan.name,
        kind=plan.kind,
        target=plan.target.kind,
        target_names=list(plan.target.names),
        items=list(plan.items),
        every_minutes=None if calendar.every is None else int(calendar.every.total_seconds()) // 60,
        at=[f"{at:%H:%M}" for at in calendar.at],
        delay_minutes=int(plan.delay.total_seconds()) // 60,
        jitter_minutes=int(plan.jitter.total_seconds()) // 60,
        deadline_minutes=None if plan.deadline is None else int(plan.deadline.total_seconds()) // 60,
        windows=[f"{window.start:%H:%M}-{window.end:%H:%M}" for window in calendar.windows],
        time_zone=calendar.zone.key,
        priority=plan.priority.name.lower(),
        meters=standing.meters,
        unable=standing.unable,
        last_slot=standing.last,
    )


def special_answer(special: SpecialRead) -> SpecialReadAnswer:
    """One."""
    ended_at: datetime | None = special.ended_at
    return SpecialReadAnswer(
        id=special.id,
        usage_point=special.usage_point,
        due_at=special.due_at,
        reason=special.reason,
        note=special.note,
        ordered_by=special.ordered_by,
        ordered_at=special.ordered_at,
        instead_of_plan=special.instead_of_plan,
        instead_of_day=special.instead_of_day,
        state=special.state,
        ended_at=ended_at,
        outcome=special.outcome,
    )


def specials_answer(specials: Sequence[SpecialRead]) -> SpecialReadsAnswer:
    """All."""
    return SpecialReadsAnswer(special_reads=[special_answer(one) for one in specials])
