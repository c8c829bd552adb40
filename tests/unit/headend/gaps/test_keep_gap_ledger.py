"""The open ledger against one question a slot: small fleets with parkings, installings and days of 92 and 100 slots."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend.clock import SteppedClock
from headend.domain.errors import StoreUnavailable
from headend.domain.gap_ledger import BY_ANOTHER_WAY, REASON_CODE, GapReason
from headend.domain.metering import MeterInstallation
from headend.domain.parking import Parking, ParkingReason
from headend.domain.readings import SOURCE_CODE, ReadingSource, to_batch
from headend.domain.slot_runs import slot_of, slot_start
from headend.ports import LedgerQuestion
from headend.services.keep_gap_ledger import KeepGapLedger, LedgerStores
from headend.shipped import config_root, reading_types
from tests.fakes.memory_gaps import MemoryGapLedger
from tests.fakes.memory_grid import MemoryParkings
from tests.fakes.memory_stores import MemoryMeterRegistry, MemoryReadingStore
from tests.fakes.meters import registers, registration

TYPES = reading_types(config_root())
BERLIN = ZoneInfo("Europe/Berlin")
SLOT = timedelta(minutes=15)
DAYS = {
    92: datetime(2026, 3, 29, tzinfo=BERLIN),
    96: datetime(2026, 6, 1, tzinfo=BERLIN),
    100: datetime(2026, 10, 25, tzinfo=BERLIN),
}


class Kept:
    """A small fleet and its ledger."""

    def __init__(self, now: datetime, installed: Sequence[datetime]) -> None:
        self.clock, self.registry = SteppedClock(now), MemoryMeterRegistry()
        self.store, self.ledger = MemoryReadingStore(TYPES), MemoryGapLedger()
        self.parkings, self.is_spooling = MemoryParkings(self.registry), False
        self.absent: dict[int, GapReason] = {}
        stores = LedgerStores(
            self.registry, self.store, self.ledger, asyncio.Lock(), self.parkings, lambda: self.is_spooling
        )
        self.keep = KeepGapLedger(stores, TYPES, zone=BERLIN, clock=self.clock, absent=self._absent)
        self._installed = installed

    def _absent(self, installations: Sequence[MeterInstallation]) -> dict[int, GapReason]:
        return self.absent

    async def register(self) -> None:
        await self.registry.register([registration(n + 1, installed_at=at) for n, at in enumerate(self._installed)])

    async def read(self, meter: int, slots: Sequence[int]) -> None:
        told = [(slot_start(slot), "1.00") for slot in slots]
        if told:
            await self.store.append(to_batch(registers(TYPES, meter, told, source=ReadingSource.PUSHED)))

    async def open(self) -> set[tuple[int, int]]:
        runs = await self.ledger.open_runs(LedgerQuestion())
        columns = zip(runs.installation.tolist(), runs.first.tolist(), runs.last.tolist(), strict=True)
        found = [(meter, slot) for meter, first, last in columns for slot in range(first, last + 1)]
        assert len(found) == len(set(found))
        return set(found)


OFFSETS = st.integers(-3, 50)


@given(
    day=st.sampled_from(sorted(DAYS)),
    installed=st.lists(OFFSETS, min_size=1, max_size=3),
    read=st.sets(st.tuples(st.integers(1, 3), st.integers(0, 99))),
    stay=st.none() | st.tuples(st.integers(0, 60), st.integers(1, 60)),
    again=st.sets(st.tuples(st.integers(1, 3), st.integers(0, 99))),
)
@settings(max_examples=60, deadline=None)
def test_the_ledger_is_what_one_question_a_slot_tells(
    day: int,
    installed: list[int],
    read: set[tuple[int, int]],
    stay: tuple[int, int] | None,
    again: set[tuple[int, int]],
) -> None:
    start = DAYS[day].astimezone(UTC)
    zero = slot_of(start)
    minute = timedelta(minutes=7)
    kept = Kept(start + day * SLOT, [start + minute + SLOT * offset for offset in installed])

    async def run() -> None:
        await kept.register()
        if stay is not None:
            since, until = start + SLOT * stay[0] + minute, start + SLOT * (stay[0] + stay[1]) - minute
            if since < until:
                await kept.parkings.park(Parking(1, ParkingReason.UNDER_REPAIR, "", "x", since, until))
        present: set[tuple[int, int]] = set()
        for told in (read, again):
            present |= told
            for meter in range(1, len(installed) + 1):
                await kept.read(meter, [zero + slot for number, slot in told if number == meter and slot < day])
            await kept.keep.refresh(start)
            expected = {
                (meter, zero + slot)
                for meter in range(1, len(installed) + 1)
                for slot in range(day)
                if (meter, slot) not in present and is_due(meter, slot)
            }
            assert await kept.open() == expected

    def is_due(meter: int, slot: int) -> bool:
        begin, end = start + SLOT * slot, start + SLOT * (slot + 1)
        if kept._installed[meter - 1] > begin:
            return False
        if stay is None or meter != 1:
            return True
        since, until = start + SLOT * stay[0] + minute, start + SLOT * (stay[0] + stay[1]) - minute
        return not (since < until and since < end and begin < until)

    asyncio.run(run())


@pytest.mark.parametrize("slots", sorted(DAYS))
def test_a_day_without_readings_is_one_run_of_all_its_slots(slots: int) -> None:
    async def run() -> None:
        start = DAYS[slots].astimezone(UTC)
        kept = Kept(start + timedelta(days=2), [start - timedelta(days=3)])
        await kept.register()
        await kept.read(1, range(slot_of(start) + slots, slot_of(kept.clock.now())))
        await kept.keep.refresh(start)
        runs = await kept.ledger.open_runs(LedgerQuestion())
        assert (runs.last - runs.first + 1).tolist() == [slots]

    asyncio.run(run())


def test_a_complete_fleet_costs_no_row_and_what_comes_later_is_closed_with_its_source() -> None:
    async def run() -> None:
        start = DAYS[96].astimezone(UTC)
        kept = Kept(start + 8 * SLOT, [start - SLOT] * 2)
        await kept.register()
        zero = slot_of(start)
        for meter in (1, 2):
            await kept.read(meter, range(zero, zero + 8))
        await kept.keep.refresh(start)
        assert await kept.open() == set()
        kept.clock.move_to(start + 10 * SLOT)
        await kept.keep.refresh(start)
        assert len(await kept.open()) == 4
        await kept.read(1, [zero + 8, zero + 9])
        await kept.keep.refresh(start)
        closed = await kept.ledger.closed_runs(LedgerQuestion(), 9)
        assert (closed.source.tolist(), (closed.last - closed.first).tolist()) == (
            [SOURCE_CODE[ReadingSource.PUSHED]],
            [1],
        )
        assert BY_ANOTHER_WAY not in closed.source

    asyncio.run(run())


def test_who_cannot_be_read_now_is_the_reason_of_what_nobody_asked_for() -> None:
    async def run() -> None:
        start = DAYS[96].astimezone(UTC)
        kept = Kept(start + 8 * SLOT, [start - SLOT] * 3)
        await kept.register()
        kept.absent = {2: GapReason.METER_SILENT, 3: GapReason.LINE_DOWN}
        await kept.keep.refresh(start)
        reasons = (await kept.ledger.open_runs(LedgerQuestion())).reason.tolist()
        wanted = (GapReason.NEVER_ASKED, GapReason.METER_SILENT, GapReason.LINE_DOWN)
        assert reasons == [REASON_CODE[one] for one in wanted]
        kept.absent = {}
        await kept.keep.refresh(start)
        assert (await kept.ledger.open_runs(LedgerQuestion())).reason.tolist() == reasons, "it stays why"

    asyncio.run(run())


def test_nothing_is_called_missing_while_readings_wait_in_the_spool() -> None:
    async def run() -> None:
        start = DAYS[96].astimezone(UTC)
        kept = Kept(start + 8 * SLOT, [start])
        await kept.register()
        kept.is_spooling = True
        with pytest.raises(StoreUnavailable, match="spool"):
            await kept.keep.refresh(start)
        assert await kept.open() == set()

    asyncio.run(run())
