"""Close a billing period: pick the registers at both edges, refuse what cannot be defended, freeze the rest.

Estimates nothing. A register is billed from the billable reading nearest to each edge within the tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from headend.domain.billing import (
    BillingBatch,
    BillingLine,
    BillingPeriod,
    BillingRefusal,
    EdgeReading,
    RefusalReason,
)
from headend.domain.errors import Conflict
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.instants import iso
from headend.domain.metering import InstallationState, MeterInstallation
from headend.domain.quality import ReadingQuality, is_billable, mask
from headend.domain.reading_types import ReadingType, ReadingTypeTable
from headend.domain.readings import StoredReading
from headend.ports import BillingLedger, Clock, EventLog, MeterRegistry, ReadingStore

REQUIRED = "active_energy_import"
BILLED = (
    REQUIRED,
    *(f"active_energy_import_t{tariff}" for tariff in range(1, 5)),
    "active_energy_export",
    *(f"active_energy_export_t{tariff}" for tariff in range(1, 5)),
)
TOLERANCE_S = 900.0
TOLERANCE, MOMENT = timedelta(seconds=TOLERANCE_S), timedelta(microseconds=1)
Edges = Mapping[tuple[int, int], StoredReading]


class CloseBillingPeriod:
    """Freezes one batch a period."""

    def __init__(
        self,
        registry: MeterRegistry,
        store: ReadingStore,
        ledger: BillingLedger,
        types: ReadingTypeTable,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
    ) -> None:
        self._registry, self._store, self._ledger, self._types = registry, store, ledger, types
        self._zone, self._clock, self._events = zone, clock, events

    async def close(self, period_name: str) -> BillingBatch:
        """Close the month YYYY-MM of the site; Conflict when it is not over or was closed before."""
        try:
            period = BillingPeriod.of_month(period_name, self._zone)
        except ValueError as error:
            raise Conflict(str(error)) from error
        now = self._clock.now()
        if period.end > now:
            raise Conflict(f"the period {period.name} ends at {iso(period.end)}; it cannot be closed before")
        lines, refusals = await self._settle(period)
        batch = await self._ledger.close(period, now, lines, refusals)
        detail = f"{period.name}: batch {batch.id}, {len(lines)} lines, {len(refusals)} refused"
        await self._events.record(EndDeviceEvent(EventKind.BILLING_CLOSED, now, detail))
        return batch

    async def _settle(self, period: BillingPeriod) -> tuple[list[BillingLine], list[BillingRefusal]]:
        billed = [self._types.by_name(name) for name in BILLED]
        ids = [reading_type.id for reading_type in billed]
        starts = await self._store.edges(ids, period.start, TOLERANCE_S)
        ends = await self._store.edges(ids, period.end, TOLERANCE_S)
        lines: list[BillingLine] = []
        refusals: list[BillingRefusal] = []
        for installation in await self._installed(period):
            edges = await self._own_edges(installation, period, billed, (starts, ends))
            for reading_type in billed:
                start, end = (edge.get((installation.id, reading_type.id)) for edge in edges)
                if start is None and end is None and reading_type.name != REQUIRED:
                    continue  # a register that this meter does not have
                outcome = await self._line(period, installation, reading_type, start, end)
                (lines if isinstance(outcome, BillingLine) else refusals).append(outcome)  # type: ignore[arg-type]
        return lines, refusals

    async def _installed(self, period: BillingPeriod) -> Sequence[MeterInstallation]:
        """Each meter that hung there for some of the period; of an exchange a usage point has both parts."""
        present = await self._registry.installed_between(period.start, period.end)
        billed = [i for i in present if i.state is not InstallationState.REJECTED]
        return sorted(billed, key=lambda i: (i.usage_point.name, i.id))

    async def _own_edges(
        self,
        installation: MeterInstallation,
        period: BillingPeriod,
        billed: Sequence[ReadingType],
        edges: tuple[Edges, Edges],
    ) -> tuple[Edges, Edges]:
        """The edges of the period, or the instants at which the meter came and went where these lie inside."""
        start, end = edges
        if period.start < installation.installed_at < period.end:
            start = await self._near(installation, installation.installed_at, billed)
        if installation.removed_at is not None and installation.removed_at < period.end:
            end = await self._near(installation, installation.removed_at, billed)
        return start, end

    async def _near(self, installation: MeterInstallation, at: datetime, billed: Sequence[ReadingType]) -> Edges:
        """The readings nearest to an exchange; what a person told of it lies right at it."""
        around = await self._store.series(
            installation.id, [kind.id for kind in billed], at - TOLERANCE, at + TOLERANCE + MOMENT
        )
        near: dict[tuple[int, int], StoredReading] = {}
        for one in sorted(around, key=lambda reading: (abs(reading.measured_at - at), reading.measured_at)):
            near.setdefault((one.installation_id, one.reading_type.id), one)
        return near

    async def _line(
        self,
        period: BillingPeriod,
        installation: MeterInstallation,
        reading_type: ReadingType,
        start: StoredReading | None,
        end: StoredReading | None,
    ) -> BillingLine | BillingRefusal:
        who = (installation.usage_point.name, installation.meter.serial_number, installation.id, reading_type.name)
        if installation.state is not InstallationState.CONFIRMED:
            return BillingRefusal(*who, RefusalReason.METER_UNCONFIRMED, _unconfirmed(installation))
        if start is None:
            return BillingRefusal(*who, RefusalReason.NO_READING_AT_START, _missing(period.start))
        if end is None:
            return BillingRefusal(*who, RefusalReason.NO_READING_AT_END, _missing(period.end))
        for edge in (start, end):
            if not is_billable(mask(edge.qualities)):
                return BillingRefusal(*who, RefusalReason.FAILED_VALIDATION, _marked(edge))
        moved = end.scaled - start.scaled
        if moved < 0 and await self._rolled_over(start, end):
            moved += reading_type.modulus
        if moved < 0:
            detail = f"{start.text} to {end.text} without a rollover between"
            return BillingRefusal(*who, RefusalReason.REGISTER_WENT_BACK, detail)
        consumption = Decimal(reading_type.text(moved)) * installation.multiplier
        return BillingLine(*who, reading_type.unit, _edge(start), _edge(end), installation.multiplier, consumption)

    async def _rolled_over(self, start: StoredReading, end: StoredReading) -> bool:
        """A reading between the edges bears the rollover mark."""
        key = (start.installation_id, [end.reading_type.id])
        series = await self._store.series(*key, start.measured_at, end.measured_at)
        return any(ReadingQuality.ROLLOVER in reading.qualities for reading in [*series, end])


def _edge(reading: StoredReading) -> EdgeReading:
    return EdgeReading(
        measured_at=reading.measured_at,
        value=Decimal(reading.text),
        quality=mask(reading.qualities),
        source=reading.source,
        version=reading.version,
    )


def _unconfirmed(installation: MeterInstallation) -> str:
    return f"another meter answers since {iso(installation.superseded_at or installation.installed_at)}; decide first"


def _missing(edge: datetime) -> str:
    return f"no reading within {TOLERANCE_S:.0f} s of {iso(edge)}"


def _marked(reading: StoredReading) -> str:
    return f"{reading.text} at {iso(reading.measured_at)}: {', '.join(reading.qualities)}"
