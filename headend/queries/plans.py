"""Which plans are followed, whom each asks now, and how far it came. Starts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from headend.domain.plans import ABLE, Plan
from headend.ports import PlanMeters, PlanProgress


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """One plan: `meters` are asked, `unable` are meant but have no driver that could; the newest slot that is done."""

    plan: Plan
    meters: int
    unable: int
    last: datetime | None


class ShowPlans:
    """The plans in force."""

    def __init__(self, plans: Sequence[Plan], meters: PlanMeters, progress: PlanProgress) -> None:
        self.plans, self._meters, self._progress = plans, meters, progress

    async def standings(self) -> Sequence[PlanStanding]:
        """All of them, by name."""
        return [await self._standing(plan) for plan in sorted(self.plans, key=lambda plan: plan.name)]

    async def _standing(self, plan: Plan) -> PlanStanding:
        meant = await self._meters.of(plan)
        able = sum(one.meter.protocol in ABLE[plan.kind] for one in meant)
        return PlanStanding(plan, able, len(meant) - able, await self._progress.last(plan.name))
