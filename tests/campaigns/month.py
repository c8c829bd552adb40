"""M01: a month of a fleet with losses, clock jumps, exchanges and a 48 h outage: complete, exact, single, repeatable.

Due are all quarters of an hour of every place, but those that only the old meter of an exchange knew and that had not
been read when it was taken away: no meter can tell them any more. They are counted as `untellable`, and a value under
one of them would be an invented one. Violations: a due quarter that is missing, a value that the meter never had, a
second version of one. `sha256` is over all that is stored, so that two runs of a seed can be compared.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, TypedDict

import duckdb

from collectors.gather import GatherReadings
from headend.domain.exchanges import CaseState, ExchangeOrder
from headend.domain.metering import MeterInstallation
from headend.domain.readings import Reading
from headend.ports import ReadingSink
from headend.services.exchange_meter import REGISTER
from headend.stores.readings import DuckDbReadingStore
from simulators import SimulatedMeter
from simulators.integral import Energy
from simulators.meter import initial_registers
from tests.campaigns.bad_days import METERS_PER_LINE, PROFILE
from tests.campaigns.month_judge import Hung, Month, judged
from tests.campaigns.verdict import Stopwatch
from tests.fakes.virtual_time import VirtualClock
from tests.scenarios.faults import BAD, HOUR_S, Faults, hours
from tests.scenarios.inline_loop import run_inline
from tests.scenarios.world import TYPES, World, WorldPlan, lines_of

DAYS, FEW_DAYS, MANY, SETTLING_H = 30, 3, 100, 26.0
PLANS = Path(__file__).parent / "month_plans"
PATTERNS = 16
JUMPING, EXCHANGED = 20, 50  # one meter in so many
DISK_S = 5.0
ROUND_S = 900.0  # between two looks for gaps
AWAY_FROM, AWAY_H = 0.4, 48.0  # of the month
DECIDED_AFTER_H = 5.0
JUMPS_S = (-7200, -600, -61, -1, 1, 61, 600, 7200)
EXCHANGE_PAST_HOUR_H = 8 / 60  # after the hourly curve was read, before the next quarter ends
NEW_SERIALS = 700_000_000_000


class Verdict(TypedDict):
    """`tried` counts due slots."""

    id: str
    seed: int
    tried: int
    violations: int
    secs: float
    examples: list[str]
    completeness_percent: str
    untellable: int
    readings: int
    jumps: int
    exchanges: int
    sha256: str


class SlowDisk:
    """ReadingSink whose every batch takes a second; what comes meanwhile is one batch."""

    def __init__(self, sink: ReadingSink, clock: VirtualClock) -> None:
        self._sink, self._clock = sink, clock

    async def accept(self, readings: Sequence[Reading]) -> None:
        await self._clock.sleep(DISK_S)
        await self._sink.accept(readings)


@dataclass(slots=True)
class Fates:
    """What happens to whom, drawn from the seed."""

    chance: Random
    start: datetime
    days: int
    jumps: int = 0
    hung: dict[str, list[Hung]] = field(default_factory=dict)

    def moment(self) -> float:
        """An hour of the month in its middle part."""
        return self.chance.uniform(0.1, 0.9) * 24 * self.days


def run(seed: int, tried: int, days: int | None = None, round_s: float = ROUND_S) -> Verdict:
    """`tried` meters, whole lines of twenty; a few of them for a few days where nothing else is said."""
    watch = Stopwatch()
    days = days or (DAYS if tried >= MANY else FEW_DAYS)
    with tempfile.TemporaryDirectory() as folder:
        month = run_inline(
            _lived(seed, max(1, tried // METERS_PER_LINE), days, Path(folder) / "readings.duckdb", round_s)
        )
        verdict = watch.verdict("M01", seed, month.due, month.violations)
    return Verdict(
        **verdict,
        completeness_percent=f"{Decimal(100) * (month.due - month.missing) / month.due:.3f}",
        untellable=month.untellable,
        readings=month.readings,
        jumps=month.jumps,
        exchanges=month.exchanges,
        sha256=month.sha256,
    )


async def _lived(seed: int, lines: int, days: int, file: Path, round_s: float) -> Month:
    store = DuckDbReadingStore(file, TYPES)
    await store.open()
    gathers: list[GatherReadings] = []

    def gathered(sink: ReadingSink) -> ReadingSink:
        gathers.append(GatherReadings(SlowDisk(sink, VirtualClock(plan.start))))
        return gathers[0]

    chance = Random(seed)
    plan = WorldPlan(
        seed=seed,
        lines=lines,
        meters_per_line=METERS_PER_LINE,
        profile=PROFILE,
        faults=BAD,
        faults_on={line: _bad_line(chance, days) for line in range(0, lines, 5)},
        store=lambda _: store,
        own_plans=PLANS,
        identity_item=lambda installation: PROFILE.identity,
        patterns=PATTERNS,
        round_pause_s=round_s,
        sink=gathered,
    )
    async with lines_of(plan) as world:
        keeping = asyncio.create_task(gathers[0].run())
        fates = Fates(chance, plan.start, days)
        happening = [asyncio.create_task(one) for one in await _events(world, fates)]
        await _collect_for(world, days)
        await asyncio.gather(*happening)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    await store.close()
    places = list(fates.hung.values())
    with duckdb.connect(str(file), read_only=True) as kept:
        month = judged(kept, places, plan.start, timedelta(days=days))
        return replace(month, jumps=fates.jumps, exchanges=sum(len(p) > 1 for p in places), sha256=_hash(kept))


def _bad_line(chance: Random, days: int) -> Faults:
    """Some hours of it nobody can reach, and one of its meters says nothing for a day."""
    from_h = chance.uniform(0.1, 0.8) * 24 * days
    return replace(BAD, down=[hours(from_h, from_h + chance.uniform(2, 10))])


async def _events(world: World, fates: Fates) -> Sequence[Coroutine[Any, Any, None]]:  # Any: nothing is yielded or sent
    """What will happen to each meter, as work that waits for its hour."""
    happening = []
    for number, installation in enumerate(await world.registry.installations()):
        meter = world.meter_of(installation)
        fates.hung[meter.address] = [Hung(installation.id, meter, fates.start)]
        if number % JUMPING == 1:
            fates.jumps += 1
            happening.append(_jump(world, fates.hung[meter.address][0], fates.moment(), fates.chance.choice(JUMPS_S)))
        elif number % EXCHANGED == 2 and number // METERS_PER_LINE % 5:
            at_h = int(_outside_outage(fates)) + EXCHANGE_PAST_HOUR_H
            happening.append(_exchange(world, fates.hung[meter.address], installation, at_h))
    return happening


def _outside_outage(fates: Fates) -> float:
    while True:
        at_h = fates.moment()
        away_h = AWAY_FROM * 24 * fates.days
        if not away_h - 1 <= at_h <= away_h + AWAY_H + 24:
            return at_h


async def _jump(world: World, hung: Hung, at_h: float, seconds: int) -> None:
    await world.clock.sleep(at_h * HOUR_S)
    now = world.clock.now()
    hung.remember_clock()
    hung.meter.clock.set(now, now + hung.meter.clock.offset(now) + timedelta(seconds=seconds))


async def _exchange(world: World, hung: list[Hung], installation: MeterInstallation, at_h: float) -> None:
    """A fitter hangs another meter; some hours later somebody confirms it with both registers."""
    await world.clock.sleep(at_h * HOUR_S)
    now, before = world.clock.now(), hung[-1].meter
    after = _new_meter(before, now)
    hung.append(Hung(0, after, now))
    world.bus_of(installation).exchange_meter(after)
    order = ExchangeOrder(now, "fitter", before.energy(now).register(REGISTER), after.energy(now).register(REGISTER))
    while not (cases := await world.exchange.cases(CaseState.OPEN, installation.id)):
        await world.clock.sleep(HOUR_S)
    await world.clock.sleep(DECIDED_AFTER_H * HOUR_S)
    hung[-1].installation = cases[0].new.id
    await world.exchange.confirm(installation.id, order)


def _new_meter(before: SimulatedMeter, now: datetime) -> SimulatedMeter:
    """Its register starts at some kWh; the customer goes on using as much."""
    load = before.load
    shown: Energy = initial_registers(3)
    spec = replace(before.spec, serial=f"{NEW_SERIALS + int(before.address) % 1_000_000:012d}")
    return SimulatedMeter(replace(spec, initial=shown - load.energy(int(now.timestamp()))), load)


async def _collect_for(world: World, days: int) -> None:
    """The month but for the two days in which the head-end is away."""
    before_h = min(AWAY_FROM * 24 * days, 24 * days)
    for away_h, collected_h in ((0.0, before_h), (AWAY_H, 24 * days - before_h - AWAY_H + SETTLING_H)):
        await world.clock.sleep(away_h * HOUR_S)
        collecting = asyncio.create_task(world.supervisor.run())
        await asyncio.wait([collecting], timeout=collected_h * HOUR_S)
        if collecting.done():
            collecting.result()
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)


def _hash(kept: duckdb.DuckDBPyConnection) -> str:
    """Of every version of every reading, in one order."""
    columns = "installation, reading_type, measured_at, received_at, value, quality, source, version"
    table = kept.sql(f"select {columns} from reading order by all").to_arrow_table()
    digest = hashlib.sha256()
    for column in table.columns:
        digest.update(column.combine_chunks().to_numpy().tobytes())
    return digest.hexdigest()
