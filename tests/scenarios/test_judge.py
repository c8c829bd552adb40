"""The judge itself: each way of spoiling a good store is found, and the indexed store answers as the plain one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random

import numpy as np
import pytest

from headend.domain.readings import ReadingBatch
from tests.fakes.batches import Row, at, batch, shipped_types
from tests.fakes.memory_readings import MemoryReadingStore
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.indexed_store import IndexedReadingStore
from tests.scenarios.judge import Findings, judge
from tests.scenarios.world import World, WorldPlan, live

HOURS = 2
Versions = dict[tuple[int, int, int], list[tuple[int, ...]]]


async def spoiled(spoil: Callable[[Versions], None]) -> Findings:
    plan = WorldPlan(seed=3, lines=1, meters_per_line=2)
    world: World = await live(plan, HOURS + 0.1)
    spoil(world.stored._versions)
    return await judge(world, plan.start, plan.start + timedelta(hours=HOURS))


def lose_a_slot(versions: Versions) -> None:
    del versions[sorted(key for key in versions if key[:2] == (1, 1))[3]]


def change_a_digit(versions: Versions) -> None:
    key = sorted(key for key in versions if key[:2] == (1, 1))[3]
    row = list(versions[key][0])
    row[4] += 100  # 0.01 kWh
    versions[key] = [tuple(row)]


def exchange_two_meters(versions: Versions) -> None:
    for meter in (1, 2):
        key = sorted(key for key in versions if key[:2] == (meter, 1))[3]
        row = versions[key][0]
        versions[key] = [(3 - row[0], *row[1:])]


def move_to_another_register(versions: Versions) -> None:
    key = sorted(key for key in versions if key[:2] == (1, 2))[3]
    row = versions[key][0]
    versions[key] = [(row[0], 3, *row[2:])]


def stamp_half_a_minute_off(versions: Versions) -> None:
    key = sorted(key for key in versions if key[:2] == (1, 1))[3]
    row = versions[key][0]
    versions[key] = [(*row[:2], row[2] + 30_000_000, *row[3:])]


def keep_one_twice(versions: Versions) -> None:
    key = sorted(key for key in versions if key[:2] == (1, 1))[3]
    row = versions[key][0]
    versions[(*key[:2], key[2] + 1)] = [(*row[:2], row[2] + 1, *row[3:])]


def add_a_version(versions: Versions) -> None:
    key = sorted(versions)[0]
    versions[key] = versions[key] * 2


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda versions: None, (0, 0, 0)),
        (lose_a_slot, (1, 0, 0)),
        (change_a_digit, (0, 1, 0)),
        (exchange_two_meters, (0, 2, 0)),
        (move_to_another_register, (0, 1, 0)),
        (stamp_half_a_minute_off, (0, 1, 0)),
        (keep_one_twice, (0, 0, 1)),
        (add_a_version, (0, 0, 1)),
    ],
)
def test_whatever_is_missing_wrong_or_doubled_is_found(
    spoil: Callable[[Versions], None], found: tuple[int, int, int]
) -> None:
    findings = run_virtual(spoiled(spoil))
    assert (len(findings.missing), len(findings.wrong), len(findings.doubled)) == found


def some_batch(chance: Random) -> ReadingBatch:
    return batch(
        *(
            Row(chance.randrange(40), chance.randrange(3), chance.randrange(1, 4), chance.randrange(1, 3))
            for _ in range(chance.randrange(1, 12))
        )
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_indexed_store_answers_as_the_plain_one(seed: int) -> None:
    async def compare() -> None:
        chance = Random(seed)
        plain, indexed = MemoryReadingStore(shipped_types()), IndexedReadingStore(shipped_types())
        for _ in range(10):
            told = some_batch(chance)
            assert await plain.append(told) == await indexed.append(told)
            asked = some_batch(chance)
            one, other = await plain.previous(asked), await indexed.previous(asked)
            assert np.array_equal(one.measured_at, other.measured_at)
            assert np.array_equal(one.value, other.value)
            edge = at(chance.randrange(40) + 0.5)
            assert await plain.edges([1, 2], edge, 1000) == await indexed.edges([1, 2], edge, 1000)
            slots = [await store.slots_present(1, at(5), 900, 20) for store in (plain, indexed)]
            assert {k: v.tolist() for k, v in slots[0].items()} == {k: v.tolist() for k, v in slots[1].items()}

    asyncio.run(compare())
