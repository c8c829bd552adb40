"""What collection plans need: who is meant, how far they came, and reads at dates of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from headend.domain.metering import MeterInstallation
from headend.domain.plans import Plan
from headend.domain.special_reads import SpecialRead


class PlanMeters(Protocol):
    """Whom a plan asks."""

    async def of(self, plan: Plan) -> Sequence[MeterInstallation]:
        """The meters that the plan is for and that are polled now, in the order in which they are to be asked."""
        ...


class PlanProgress(Protocol):
    """How far each plan came, so that a slot is done once over all restarts."""

    async def last(self, plan: str) -> datetime | None:
        """The start of the newest slot that was done or missed."""
        ...

    async def done(self, plan: str, slot: datetime) -> None:
        """This slot and all before it need nothing any more; never goes back."""
        ...


class SpecialReads(Protocol):
    """Reads at dates of their own; rows are ended, never deleted."""

    async def add(self, special: SpecialRead) -> SpecialRead:
        """Keep a new one; Conflict when the same usage point has an open one at the same instant."""
        ...

    async def end(self, special: SpecialRead) -> SpecialRead:
        """Keep state, instant and outcome of one that was open; UnknownSpecialRead, Conflict when it was ended."""
        ...

    async def one(self, special_id: int) -> SpecialRead:
        """One; UnknownSpecialRead if there is none."""
        ...

    async def open_until(self, until: datetime) -> Sequence[SpecialRead]:
        """The open ones that are due by then, by date."""
        ...

    async def instead_of(self, plan: str, day: date) -> frozenset[str]:
        """The usage points that this plan leaves out on this local day."""
        ...

    async def newest(self, limit: int) -> Sequence[SpecialRead]:
        """The open ones first, then the others, each newest date first."""
        ...
