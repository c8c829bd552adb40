"""What many bring at once is kept together; everybody learns of his own, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from collectors import gather as gather_module
from collectors.gather import GatherReadings
from headend.domain.errors import StoreUnavailable
from headend.domain.readings import Reading, ReadingSource
from tests.fakes.batches import shipped_types
from tests.fakes.virtual_time import run_virtual

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class SlowSink:
    """Takes a second for each batch; refuses what `refuses` says."""

    def __init__(self, refuses: Callable[[Sequence[Reading]], Exception | None] = lambda readings: None) -> None:
        self.batches: list[list[int]] = []
        self._refuses = refuses

    async def accept(self, readings: Sequence[Reading]) -> None:
        await asyncio.sleep(1)
        refusal = self._refuses(readings)
        if refusal is not None:
            raise refusal
        self.batches.append([reading.installation_id for reading in readings])


@pytest.fixture
def reading() -> Callable[[int], Reading]:
    kind = shipped_types().by_name("active_energy_import")
    return lambda meter: Reading(meter, kind, NOW, NOW, Decimal(1), "kWh", ReadingSource.SCHEDULED)


def gathered(sink: SlowSink, work: Callable[[GatherReadings], Awaitable[None]]) -> None:
    async def run() -> None:
        gather = GatherReadings(sink)
        owner = asyncio.create_task(gather.run())
        try:
            await work(gather)
        finally:
            owner.cancel()
            await asyncio.gather(owner, return_exceptions=True)

    run_virtual(run())


def test_what_comes_while_a_batch_is_kept_is_the_next_batch(reading: Callable[[int], Reading]) -> None:
    sink = SlowSink()

    async def work(gather: GatherReadings) -> None:
        await asyncio.gather(*(gather.accept([reading(meter)]) for meter in range(5)))

    gathered(sink, work)
    assert sink.batches in ([[0, 1, 2, 3, 4]], [[0], [1, 2, 3, 4]])


def test_a_refused_reading_costs_only_him_who_brought_it(reading: Callable[[int], Reading]) -> None:
    def refuses(readings: Sequence[Reading]) -> Exception | None:
        return ValueError("no such unit") if any(r.installation_id == 2 for r in readings) else None

    sink, told = SlowSink(refuses), dict[int, str]()

    async def bring(gather: GatherReadings, meter: int) -> None:
        try:
            await gather.accept([reading(meter)])
        except ValueError as error:
            told[meter] = str(error)

    async def work(gather: GatherReadings) -> None:
        await asyncio.gather(*(bring(gather, meter) for meter in range(4)))

    gathered(sink, work)
    assert told == {2: "no such unit"}
    assert sorted(meter for batch in sink.batches for meter in batch) == [0, 1, 3]


def test_a_store_that_is_away_is_told_to_all(reading: Callable[[int], Reading]) -> None:
    sink = SlowSink(lambda readings: StoreUnavailable("full"))

    async def work(gather: GatherReadings) -> None:
        told = await asyncio.gather(*(gather.accept([reading(m)]) for m in range(3)), return_exceptions=True)
        assert [type(error) for error in told] == [StoreUnavailable] * 3

    gathered(sink, work)


def test_whoever_waits_when_the_owner_ends_is_told(reading: Callable[[int], Reading]) -> None:
    async def run() -> None:
        gather = GatherReadings(SlowSink())
        owner = asyncio.create_task(gather.run())
        waiting = [asyncio.create_task(gather.accept([reading(meter)])) for meter in range(2)]
        await asyncio.sleep(0.5)
        waiting.append(asyncio.create_task(gather.accept([reading(3)])))
        await asyncio.sleep(0)
        owner.cancel()
        told = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        assert [type(error) for error in told] == [StoreUnavailable] * 3

    run_virtual(run())


def test_more_than_the_room_waits(reading: Callable[[int], Reading], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather_module, "MOST_WAITING", 2)
    sink = SlowSink()

    async def work(gather: GatherReadings) -> None:
        bringing = [asyncio.create_task(gather.accept([reading(meter)] * 2)) for meter in range(5)]
        await asyncio.sleep(0.1)
        assert gather.waiting_rows <= 4
        await asyncio.gather(*bringing)

    gathered(sink, work)
    assert sum(map(len, sink.batches)) == 10
