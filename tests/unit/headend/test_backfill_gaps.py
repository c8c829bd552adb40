"""Whom backfill asks again, and when: whoever fills gaps at once, whoever tells something else later and later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headend.clock import SteppedClock
from headend.domain.collection import ItemError, ItemResult, MeterAnswer
from headend.domain.metering import MeterInstallation
from headend.domain.reading_types import ReadingTypeTable
from headend.domain.readings import Reading, ReadingSource, to_batch
from headend.queries.gaps import ListGaps
from headend.services.backfill_gaps import FIRST_PAUSE, BackfillGaps
from headend.services.keep_gap_ledger import KeepGapLedger, LedgerStores
from tests.fakes.memory_gaps import MemoryGapLedger
from tests.fakes.memory_stores import MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.meters import registers, registration

ZONE = ZoneInfo("Asia/Shanghai")
INSTALLED = datetime(2026, 3, 2, 4, tzinfo=UTC)
NOW = INSTALLED + timedelta(hours=2)
SLOT = timedelta(minutes=15)
Remembers = Callable[[datetime, int], Sequence[tuple[datetime, str]]]


class Remembering:
    """MeterGateway of a meter with a load profile; `remembers` says which records it tells from a start on."""

    def __init__(self, types: ReadingTypeTable, remembers: Remembers) -> None:
        self._types, self._remembers, self.asked = types, remembers, 0

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        raise NotImplementedError

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        return MeterAnswer(installation, (), ())

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        self.asked += 1
        told = registers(self._types, 1, self._remembers(start, slots), source=ReadingSource.LOAD_PROFILE)
        results = [ItemResult("06040001", None, "told", None, "", r.measured_at, NOW) for r in told]
        silence = [ItemResult("06040001", None, None, None, "", None, NOW, error=ItemError.NO_ANSWER)]
        return MeterAnswer(installation, tuple(results or silence), tuple(told))


class Keeping:
    """ReadingSink without rules."""

    def __init__(self, store: MemoryReadingStore) -> None:
        self._store = store

    async def accept(self, readings: Sequence[Reading]) -> None:
        if readings:
            await self._store.append(to_batch(readings))


def rounds(types: ReadingTypeTable, remembers: Remembers, minutes: Sequence[int]) -> tuple[list[int], int]:
    """How many readings each round brought, the meter being asked at these minutes, and the gaps left."""

    async def run() -> tuple[list[int], int]:
        clock, registry, store = SteppedClock(NOW), MemoryMeterRegistry(), MemoryReadingStore(types)
        await registry.register([registration(1, installed_at=INSTALLED)])
        gaps, meter = ListGaps(registry, store, types, clock), Remembering(types, remembers)
        stores = LedgerStores(registry, store, MemoryGapLedger(), asyncio.Lock())
        ledger = KeepGapLedger(stores, types, zone=ZONE, clock=clock)
        backfill = BackfillGaps(registry, ledger, gaps, meter, Keeping(store), zone=ZONE, clock=clock)
        filled = []
        for minute in minutes:
            clock.move_to(NOW + timedelta(minutes=minute))
            jobs = await backfill.jobs(INSTALLED)
            filled += [await backfill.fill(job) for job in jobs] or [-1]
        return filled, len(await gaps.of("active_energy_import", INSTALLED))

    return asyncio.run(run())


def everything(start: datetime, slots: int) -> Sequence[tuple[datetime, str]]:
    return [(start + SLOT * n, f"{n}.00") for n in range(slots)]


def what_came_later(start: datetime, slots: int) -> Sequence[tuple[datetime, str]]:
    """Without power until now: records only from then on."""
    return [(NOW + SLOT, "7.00")]


def nothing(start: datetime, slots: int) -> Sequence[tuple[datetime, str]]:
    return []


def test_a_meter_that_remembers_fills_its_gaps_in_one_round(types: ReadingTypeTable) -> None:
    assert rounds(types, everything, [0]) == ([8], 0)


@pytest.mark.parametrize("remembers", [nothing, what_came_later])
def test_a_meter_that_cannot_fill_them_is_asked_again_later_and_later(
    types: ReadingTypeTable, remembers: Remembers
) -> None:
    pause = FIRST_PAUSE // timedelta(minutes=1)
    filled, gaps = rounds(types, remembers, [0, 1, pause - 1, pause, 2 * pause, 3 * pause - 1, 3 * pause])
    assert filled == [0, -1, -1, 0, -1, -1, 0]
    assert gaps == 1
