"""What figures are counted from, and where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from headend.domain.kpi import KpiDay, KpiEvidence, KpiFigure, KpiPoint, MetricDay, ScopeKind
from headend.domain.meter_days import DayFacts, DueWindows
from headend.domain.readings import Ints


@dataclass(frozen=True, slots=True)
class DayQuestion:
    """What is asked of the readings of a day: for which rows of the fleet, in which windows, by which limits.

    A register counts as read at the day's end within `edge_s` of it; a slot as timely when its first reading was
    here `timely_s` after its end; a meter as heard when it told its register in the `heard_days` up to the day's end.
    """

    day: MetricDay
    installation: Ints
    windows: DueWindows
    type_id: int
    edge_s: int
    timely_s: int
    heard_days: int


class DayFactsSource(Protocol):
    """A reading store that can tell what came on a day, by columns."""

    async def day_facts(self, question: DayQuestion) -> DayFacts:
        """The facts of each asked row, in their order. Estimated values are no readings."""
        ...


class KpiLedger(Protocol):
    """Computed figures with the evidence they stand on; kept, never changed."""

    async def keep(self, computed: KpiDay, figures: Sequence[KpiFigure], evidence: KpiEvidence) -> KpiDay:
        """Keep one computation, whole; it is in force from now on."""
        ...

    async def computations(self, kpi: str, day: date) -> Sequence[KpiDay]:
        """All computations of a KPI for a day, the one in force first."""
        ...

    async def points(self, start: date, end: date, kind: ScopeKind) -> Sequence[KpiPoint]:
        """The figures in force of the days start to end (both in) for the scopes of a kind, by KPI, day and name."""
        ...

    async def evidence(self, computed_id: int) -> KpiEvidence:
        """What each meter put into a computation."""
        ...

    async def digest_of(self, kpi: str, version: int) -> str | None:
        """The digest that the first figures of this version remember; None when there are none."""
        ...
