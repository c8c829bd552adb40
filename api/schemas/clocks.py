"""Shapes of clocks: states, jumps and orders as JSON."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from headend.domain.clock_correction import ClockOrder, Outcome, Remedy
from headend.domain.clocks import ClockJump, ClockState, JumpCause
from headend.services.correct_clock import ClockPage


class ClockStateAnswer(BaseModel):
    """A clock: meter minus head-end in whole seconds; drift in seconds a day, null before a day was watched."""

    installation: int
    at: datetime
    offset_s: int
    drift_s_per_day: str | None
    steady_since: datetime


class ClockJumpAnswer(BaseModel):
    """A jump between two readings of the clock."""

    last_good: datetime
    seen_at: datetime
    before_s: int
    after_s: int
    cause: JumpCause


class ClockOrderAnswer(BaseModel):
    """An order to set a clock; `after_s` is null when it could not be read afterwards."""

    installation: int
    remedy: Remedy
    outcome: Outcome
    ordered_by: str
    ordered_at: datetime
    before_s: int
    after_s: int | None
    reason: str


class ClocksAnswer(BaseModel):
    """All clocks that were ever read, the worst first."""

    clocks: list[ClockStateAnswer]


class ClockAnswer(BaseModel):
    """One clock, its jumps and orders, newest first."""

    state: ClockStateAnswer | None
    jumps: list[ClockJumpAnswer]
    orders: list[ClockOrderAnswer]


def state_answer(state: ClockState) -> ClockStateAnswer:
    """One."""
    drift = state.drift_s_per_day
    return ClockStateAnswer(
        installation=state.installation_id,
        at=state.at,
        offset_s=state.offset_s,
        drift_s_per_day=None if drift is None else str(drift),
        steady_since=state.since,
    )


def order_answer(order: ClockOrder) -> ClockOrderAnswer:
    """One."""
    return ClockOrderAnswer(
        installation=order.installation_id,
        remedy=order.remedy,
        outcome=order.outcome,
        ordered_by=order.ordered_by,
        ordered_at=order.ordered_at,
        before_s=order.before_s,
        after_s=order.after_s,
        reason=order.reason,
    )


def clock_answer(page: ClockPage) -> ClockAnswer:
    """All of one."""
    return ClockAnswer(
        state=None if page.state is None else state_answer(page.state),
        jumps=[_jump(one) for one in page.jumps],
        orders=[order_answer(one) for one in page.orders],
    )


def _jump(jump: ClockJump) -> ClockJumpAnswer:
    return ClockJumpAnswer(
        last_good=jump.last_good,
        seen_at=jump.seen_at,
        before_s=jump.before_s,
        after_s=jump.after_s,
        cause=jump.cause,
    )
