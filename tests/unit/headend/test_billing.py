"""Billing: registers at the edges, refusals with reasons, rollover by evidence, an immutable batch, the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from headend.domain.billing import BillingBatch, BillingLine, BillingPeriod, BillingRefusal, RefusalReason
from headend.domain.errors import ConfigError, Conflict
from headend.domain.quality import ReadingQuality
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Reading, to_batch
from headend.exports.csv_file import CsvExporter
from headend.services.close_billing_period import CloseBillingPeriod
from headend.services.export_billing import ExportBilling
from tests.fakes.memory_stores import MemoryBillingLedger, MemoryEventLog, MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.meters import registers, registration
from tests.fakes.virtual_time import VirtualClock, run_virtual

SHANGHAI = ZoneInfo("Asia/Shanghai")
PERIOD = BillingPeriod.of_month("2026-01", SHANGHAI)
START, END = PERIOD.start, PERIOD.end
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class ForgeableLedger(MemoryBillingLedger):
    """A ledger in which somebody changed a batch behind our back."""

    forged: BillingBatch | None = None

    async def batch(self, batch_id: int) -> BillingBatch:
        return self.forged or await super().batch(batch_id)


class Site:
    """Two meters, an empty store and the billing services."""

    def __init__(self, types: ReadingTypeTable) -> None:
        self.types, self.ledger = types, ForgeableLedger()
        self.store, self.registry = MemoryReadingStore(types), MemoryMeterRegistry()

    async def close(self, readings: Sequence[Reading], name: str = "2026-01", **changes: object) -> BillingBatch:
        await self.registry.register([registration(1, installed_at=START - timedelta(days=90), **changes)])
        await self.store.append(to_batch(readings))
        service = CloseBillingPeriod(
            self.registry,
            self.store,
            self.ledger,
            self.types,
            zone=SHANGHAI,
            clock=VirtualClock(NOW),
            events=MemoryEventLog(),
        )
        return await service.close(name)

    async def outcome(self, batch: BillingBatch) -> tuple[Sequence[BillingLine], Sequence[BillingRefusal]]:
        return await self.ledger.lines(batch.id), await self.ledger.refusals(batch.id)


def settle(
    types: ReadingTypeTable,
    *values: tuple[datetime, str],
    marks: frozenset[ReadingQuality] = frozenset(),
    **changes: object,
) -> tuple[Sequence[BillingLine], Sequence[BillingRefusal]]:
    async def run() -> tuple[Sequence[BillingLine], Sequence[BillingRefusal]]:
        site = Site(types)
        readings = registers(types, 1, values)
        if marks:
            last = readings[-1]
            readings[-1] = Reading(
                1, last.reading_type, last.measured_at, last.received_at, last.value, last.unit, last.source, marks
            )
        return await site.outcome(await site.close(readings, **changes))

    return run_virtual(run())


def test_a_month_is_local() -> None:
    assert datetime(2025, 12, 31, 16, tzinfo=UTC) == START
    assert datetime(2026, 1, 31, 16, tzinfo=UTC) == END
    december = BillingPeriod.of_month("2025-12", SHANGHAI)
    assert december.end == START


@pytest.mark.parametrize("name", ["2026-13", "2026-1", "26-01", "2026-01-01", "", "2026-00"])
def test_anything_but_a_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        BillingPeriod.of_month(name, SHANGHAI)


def test_consumption_is_the_difference_times_the_multiplier(types: ReadingTypeTable) -> None:
    lines, refusals = settle(types, (START, "100.00"), (END, "345.67"), multiplier=Decimal("80"))
    assert not refusals
    assert (lines[0].start.value, lines[0].end.value, lines[0].consumption) == (
        Decimal("100.00"),
        Decimal("345.67"),
        Decimal("19653.60"),
    )


def test_the_reading_nearest_to_the_edge_counts(types: ReadingTypeTable) -> None:
    near, far = timedelta(seconds=20), timedelta(minutes=14)
    lines, _ = settle(types, (START - far, "99"), (START + near, "100"), (START + far, "101"), (END, "200"))
    assert lines[0].start.value == 100


def test_no_reading_within_the_tolerance_is_refused_at_its_edge(types: ReadingTypeTable) -> None:
    outside = timedelta(minutes=15, seconds=1)
    _, refusals = settle(types, (START - outside, "100"), (END, "200"))
    assert [r.reason for r in refusals] == [RefusalReason.NO_READING_AT_START]
    _, refusals = settle(types, (START, "100"), (END + outside, "200"))
    assert [r.reason for r in refusals] == [RefusalReason.NO_READING_AT_END]


def test_a_suspect_edge_is_refused_with_its_marks(types: ReadingTypeTable) -> None:
    lines, refusals = settle(types, (START, "100"), (END, "200"), marks=frozenset({ReadingQuality.SPIKE}))
    assert not lines
    assert refusals[0].reason is RefusalReason.FAILED_VALIDATION
    assert "spike" in refusals[0].detail


def test_a_register_that_went_back_is_refused(types: ReadingTypeTable) -> None:
    _, refusals = settle(types, (START, "200"), (END, "100"))
    assert refusals[0].reason is RefusalReason.REGISTER_WENT_BACK


def test_a_rollover_is_billed_when_a_reading_bears_its_mark(types: ReadingTypeTable) -> None:
    marks = frozenset({ReadingQuality.ROLLOVER})
    lines, refusals = settle(types, (START, "999990.00"), (END, "15.50"), marks=marks)
    assert not refusals
    assert lines[0].consumption == Decimal("25.50")


def test_a_period_closes_once_and_not_before_its_end(types: ReadingTypeTable) -> None:
    async def run() -> None:
        site = Site(types)
        await site.close(registers(types, 1, [(START, "1"), (END, "2")]))
        with pytest.raises(Conflict):
            await site.close([], usage_point="UP-2", serial_number="2", server_address="000000000002")
        with pytest.raises(Conflict, match="ends at"):
            await Site(types).close([], name="2026-03")
        with pytest.raises(Conflict, match="YYYY-MM"):
            await Site(types).close([], name="March")

    run_virtual(run())


def test_an_export_gives_the_same_bytes_and_refuses_a_changed_batch(types: ReadingTypeTable) -> None:
    async def run() -> None:
        site = Site(types)
        batch = await site.close(registers(types, 1, [(START, "1.00"), (END, "2.50")]))
        export = ExportBilling(site.ledger, {"csv": CsvExporter()})
        first, second = await export.export(batch.id, "csv"), await export.export(batch.id, "csv")
        assert first.content == second.content
        rows = list(csv.DictReader(io.StringIO(first.content.decode())))
        assert (rows[0]["consumption"], rows[0]["sha256"]) == ("1.50", batch.sha256)
        with pytest.raises(ConfigError, match="csv"):
            await export.export(batch.id, "xls")
        site.ledger.forged = replace(batch, sha256="0" * 64)
        with pytest.raises(Conflict, match="hash"):
            await export.export(batch.id, "csv")

    run_virtual(run())


def test_a_name_that_a_spreadsheet_would_run_is_text(types: ReadingTypeTable) -> None:
    async def run() -> None:
        site = Site(types)
        batch = await site.close(registers(types, 1, [(START, "1"), (END, "2")]), usage_point="=cmd|' /C calc'!A0")
        content = (await ExportBilling(site.ledger, {"csv": CsvExporter()}).export(batch.id, "csv")).content
        assert next(csv.DictReader(io.StringIO(content.decode())))["usage_point"].startswith("'=")

    run_virtual(run())
