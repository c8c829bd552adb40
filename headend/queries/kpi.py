"""Figures as they were computed: over days, by scope, and down to the meters that made them. Computes nothing anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from headend.domain.errors import UnknownKpi
from headend.domain.kpi import EXCLUSIONS, Exclusion, KpiDay, KpiDefinition, KpiEvidence, KpiFigure, KpiPoint, ScopeKind
from headend.domain.metering import MeterInstallation
from headend.ports import KpiLedger, MeterRegistry


class Outcome(StrEnum):
    """What a meter did to a figure: all it should, less, or nothing as it was left out."""

    MISSED = "missed"
    EXCLUDED = "excluded"
    MET = "met"


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope of a kind."""

    kind: ScopeKind = ScopeKind.UTILITY
    id: int = 0


@dataclass(frozen=True, slots=True)
class KpiMeter:
    """One meter behind a figure; `exclusion` says why it was left out."""

    installation: MeterInstallation
    numerator: int
    denominator: int
    exclusion: Exclusion | None


@dataclass(frozen=True, slots=True)
class KpiDetail:
    """A figure with the meters of one outcome, a page of them, and how many there are of each."""

    computed: KpiDay
    definition: KpiDefinition | None
    figure: KpiFigure
    counts: Mapping[Outcome, int]
    reasons: Mapping[Exclusion, int]
    meters: Sequence[KpiMeter]
    history: Sequence[KpiDay]


class ShowKpis:
    """Reads what was kept."""

    def __init__(self, definitions: Sequence[KpiDefinition], ledger: KpiLedger, registry: MeterRegistry) -> None:
        self.definitions, self._ledger, self._registry = tuple(definitions), ledger, registry

    def definition(self, kpi: str, version: int) -> KpiDefinition | None:
        """The definition that a figure was computed by, if its file is still there."""
        return next((one for one in self.definitions if (one.id, one.version) == (kpi, version)), None)

    async def points(self, start: date, end: date, scope: Scope) -> Sequence[KpiPoint]:
        """The figures in force of one scope, by KPI and day."""
        points = await self._ledger.points(start, end, scope.kind)
        return [point for point in points if point.figure.scope_id == scope.id]

    async def of_kind(self, start: date, end: date, kind: ScopeKind) -> Sequence[KpiPoint]:
        """The figures in force for every scope of a kind, by KPI, day and name."""
        return await self._ledger.points(start, end, kind)

    async def detail(
        self, kpi: str, day: date, scope: Scope, outcome: Outcome, *, page: slice = slice(0, 100)
    ) -> KpiDetail:
        """The meters behind the figure in force; UnknownKpi when there is none."""
        history = await self._ledger.computations(kpi, day)
        points = [p for p in await self._ledger.points(day, day, scope.kind) if p.figure.scope_id == scope.id]
        point = next((point for point in points if point.computed.kpi == kpi), None)
        if not history or point is None:
            raise UnknownKpi(f"no figures of {kpi!r} for {day} and {scope.kind} {scope.id}")
        evidence = await self._ledger.evidence(point.computed.id)
        rows = {one: _rows(evidence, scope, one) for one in Outcome}
        left_out = evidence.exclusion[rows[Outcome.EXCLUDED]]
        return KpiDetail(
            computed=point.computed,
            definition=self.definition(kpi, point.computed.version),
            figure=point.figure,
            counts={one: len(found) for one, found in rows.items()},
            reasons={why: n for k, why in enumerate(EXCLUSIONS) if (n := int((left_out == k).sum()))},
            meters=await self._meters(evidence, rows[outcome][page]),
            history=history,
        )

    async def _meters(self, evidence: KpiEvidence, rows: NDArray[np.int64]) -> list[KpiMeter]:
        open_ones = {one.id: one for one in await self._registry.installations()}
        found = []
        for row in rows.tolist():
            number, code = int(evidence.installation[row]), int(evidence.exclusion[row])
            installation = open_ones.get(number) or await self._registry.installation(number)
            counts = int(evidence.numerator[row]), int(evidence.denominator[row])
            found.append(KpiMeter(installation, *counts, None if code < 0 else EXCLUSIONS[code]))
        return found


def _rows(evidence: KpiEvidence, scope: Scope, outcome: Outcome) -> NDArray[np.int64]:
    """The rows of a scope with this outcome; those that missed most come first."""
    inside = evidence.scope(scope.kind) == scope.id
    counted, missed = evidence.exclusion < 0, evidence.denominator - evidence.numerator
    wanted = {
        Outcome.EXCLUDED: ~counted,
        Outcome.MISSED: counted & (missed > 0),
        Outcome.MET: counted & (missed == 0),
    }[outcome]
    rows = np.flatnonzero(inside & wanted)
    return rows[np.argsort(-missed[rows], kind="stable")]
