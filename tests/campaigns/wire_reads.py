"""Reads on demand over one faulty line, each value judged by key: this meter told this register just before, or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from headend.domain.collection import MeterAnswer
from headend.domain.metering import MeterInstallation
from tests.scenarios.judge import LATEST
from tests.scenarios.world import World

DEADLINE_S = 60.0
# Registers, single values and blocks, so that a foreign answer is of every other shape too.
IDENTIFIERS = (
    "00010000",
    "00010100",
    "00010200",
    "00020000",
    "00050000",
    "00090000",
    "0001FF00",
    "0002FF00",
    "02010100",
    "02030000",
    "0201FF00",
    "0203FF00",
)


async def read_some(
    world: World, installations: Sequence[MeterInstallation], chance: Random
) -> tuple[MeterAnswer, list[str]]:
    """One to three items of one meter, and what is wrong about the answer."""
    installation = chance.choice(installations)
    items = chance.sample(IDENTIFIERS, chance.randrange(1, 4))
    answer = await world.gateway.read(installation, items, DEADLINE_S)
    return answer, wrong_values(world, answer)


def wrong_values(world: World, answer: MeterAnswer, lateness: timedelta = LATEST) -> list[str]:
    """The values that the meter did not tell of this register in the last seconds."""
    meter = world.meter_of(answer.installation)
    wrong = []
    for result in answer.results:
        kind = result.reading_type
        if kind is None or result.value is None:
            continue
        told = (
            registers.get(kind.name)
            for at, registers in world.witness.told_before(meter.address, result.received_at)
            if result.received_at - at <= lateness
        )
        if result.value not in set(told):
            wrong.append(f"meter {meter.address} {result.item} {kind.name}: {result.text} at {result.received_at}")
    return wrong
