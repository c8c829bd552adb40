"""Compute KPIs of a day from the fleet, its parkings and its readings: exact counts, kept with their evidence.

Uses the definition that was valid on the day. Refuses a definition whose file was changed after it was used, and a
store that has not all readings yet. Nothing is computed twice unless somebody asks for that in so many words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from headend.domain.errors import ConfigError, Conflict, StoreUnavailable, UnknownKpi
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import iso
from headend.domain.kpi import (
    KpiDay,
    KpiDefinition,
    KpiEvidence,
    KpiFigure,
    MetricDay,
    ScopeKind,
    definition_for,
)
from headend.domain.meter_days import MeterDays, due_windows, evidence_of, parked_rows
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock, DayFactsSource, DayQuestion, EventLog, FleetBook, KpiLedger, Parkings

EDGE_S = 60  # a meter's midnight is a midnight, though its clock be off a little


@dataclass(frozen=True, slots=True)
class KpiStores:
    """What figures are made of, and where they are kept. `is_spooling`: readings wait that no query sees yet."""

    book: FleetBook
    parkings: Parkings
    facts: DayFactsSource
    ledger: KpiLedger
    is_spooling: Callable[[], bool]


class ComputeKpis:
    """Makes the figures of a day."""

    def __init__(
        self,
        definitions: Sequence[KpiDefinition],
        stores: KpiStores,
        types: ReadingTypeTable,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self.definitions, self._stores, self._types = tuple(definitions), stores, types
        self._zone, self._clock, self._events = zone, clock, events

    def type_id(self, definition: KpiDefinition) -> int:
        """The number of the register that a definition looks at."""
        return self._types.by_name(definition.reading_type).id

    async def compute(self, day: date, by: str) -> Sequence[KpiDay]:
        """The KPIs that have no figures for this day yet; returns what was computed, nothing when all were there."""
        wanted = []
        for kpi in sorted({definition.id for definition in self.definitions}):
            definition = definition_for(self.definitions, kpi, day)
            if definition is not None and not await self._stores.ledger.computations(kpi, day):
                wanted.append(definition)
        return await self._compute(wanted, day, by)

    async def recompute(self, day: date, kpi: str, version: int | None, by: str) -> KpiDay:
        """A KPI once more, from what is stored now: by the version named, or by the one that was valid on the day.

        The figures that were there stay in the history.
        """
        named = [one for one in self.definitions if (one.id, one.version) == (kpi, version)]
        definition = definition_for(self.definitions, kpi, day) if version is None else next(iter(named), None)
        if definition is None:
            raise UnknownKpi(f"no KPI {kpi!r}" + ("" if version is None else f" version {version}") + f" for {day}")
        [computed] = await self._compute([definition], day, by)
        return computed

    async def _compute(self, wanted: Sequence[KpiDefinition], on: date, by: str) -> Sequence[KpiDay]:
        day = MetricDay.of(on, self._zone)
        if not wanted:
            return ()
        await self._check(wanted, day)
        names = {kind: await self._stores.book.names(kind) for kind in ScopeKind}
        fleet = await self._fleet(day, wanted)
        kept = []
        for definition, days in zip(wanted, fleet, strict=True):
            evidence = evidence_of(days, definition)
            if (evidence.numerator > evidence.denominator).any():
                raise ConfigError(f"{definition.id} counts more than it has", key="numerator", remedy="mend the file")
            computed = KpiDay(definition.id, definition.version, definition.digest, on, self._clock.now(), by)
            figures = [figure for kind in ScopeKind for figure in figures_of(evidence, kind, names[kind])]
            kept.append(await self._stores.ledger.keep(computed, figures, evidence))
        detail = f"{on}: " + ", ".join(f"{one.kpi} v{one.version}" for one in kept) + (f" by {by}" if by else "")
        await self._events.record(EndDeviceEvent(EventKind.KPI_COMPUTED, self._clock.now(), detail))
        return kept

    async def _fleet(self, day: MetricDay, wanted: Sequence[KpiDefinition]) -> list[MeterDays]:
        """The fleet on this day as each definition looks at it; a question with the same limits is asked once."""
        fleet = await self._stores.book.fleet_on(day)
        parkings = await self._stores.parkings.between(day.start, day.end)
        windows, parked = due_windows(fleet, parkings, day), parked_rows(fleet, parkings, day)
        asked: dict[tuple[int, int, int], MeterDays] = {}
        found = []
        for one in wanted:
            limits = (self.type_id(one), one.timely_within_s, one.heard_within_days)
            if limits not in asked:
                question = DayQuestion(day, fleet.installation, windows, limits[0], EDGE_S, *limits[1:])
                facts = await self._stores.facts.day_facts(question)
                asked[limits] = MeterDays(day, fleet, windows, parked, facts)
            found.append(asked[limits])
        return found

    async def _check(self, wanted: Sequence[KpiDefinition], day: MetricDay) -> None:
        if day.end > self._clock.now():
            raise Conflict(f"{day.on} ends at {iso(day.end)}; its figures cannot be computed before")
        if self._stores.is_spooling():
            raise StoreUnavailable("readings wait in the spool; figures without them would be wrong")
        for one in wanted:
            used = await self._stores.ledger.digest_of(one.id, one.version)
            if used not in (None, one.digest):
                problem = f"version {one.version} of {one.id} was changed after figures were computed by it"
                raise ConfigError(problem, key=one.id, remedy="put it back, and write the change as a new version")


def figures_of(evidence: KpiEvidence, kind: ScopeKind, names: Mapping[int, str]) -> list[KpiFigure]:
    """The sums of every scope of a kind that has a meter; the utility's also when there is none."""
    column = evidence.scope(kind)
    scopes, group = np.unique(column[column >= 0], return_inverse=True)
    if kind is ScopeKind.UTILITY and not len(scopes):
        return [KpiFigure(kind, 0, "", 0, 0, 0)]
    rows = column >= 0
    sums = np.zeros((3, len(scopes)), np.int64)
    for total, values in zip(sums, (evidence.numerator, evidence.denominator, evidence.exclusion >= 0), strict=True):
        np.add.at(total, group, values[rows].astype(np.int64))
    counts = sums.T.tolist()
    return [KpiFigure(kind, scope, names.get(scope, str(scope)), *counts[n]) for n, scope in enumerate(scopes.tolist())]
