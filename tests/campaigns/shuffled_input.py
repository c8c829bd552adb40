"""C09, metamorphic: true readings told in any order, and some twice, leave the same content as told once in order.

Content is what a query can tell: key, value, both times, marks and source. Out of it stay versions and frame numbers,
which count arrivals, and readings whose marks depend on what had come before (a rollover, a spike): these are judged
when they arrive, so true and plausible readings only.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from headend.domain.readings import Reading, ReadingSource
from headend.live_feed import InProcessFeed
from headend.services.accept_readings import AcceptReadings
from headend.services.meter_facts import MeterFacts
from simulators import FleetPlan, SimulatedMeter, build_fleet
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.meters import registration
from tests.fakes.virtual_time import START, VirtualClock, run_virtual
from tests.scenarios.indexed_store import IndexedReadingStore
from tests.scenarios.world import RULES, TYPES

METERS, SLOTS = 3, 12
REGISTERS = ("active_energy_import", "active_energy_import_t1", "active_energy_export")
Session = Sequence[Reading]
Disorder = Callable[[Sequence[Session], Random], Sequence[Session]]


def run(seed: int, tried: int, makes: type[IndexedReadingStore] = IndexedReadingStore) -> Verdict:
    """`tried` seeds from this one on."""
    watch, bad = Stopwatch(), list[str]()
    meters = build_fleet(FleetPlan(METERS, seed=seed, commissioned=START - timedelta(days=3)))
    sessions = sessions_of(meters)
    wanted = content(makes, sessions)
    for one in range(seed, seed + tried):
        if content(makes, disordered(sessions, Random(one))) != wanted:
            bad.append(f"seed {one} left other content")
    return watch.verdict("C09", seed, tried, bad)


def sessions_of(meters: Sequence[SimulatedMeter]) -> list[Session]:
    """What each meter truly has at each quarter, as one session's readings, in order of time."""
    sessions: list[Session] = []
    for slot in range(SLOTS):
        for number, meter in enumerate(meters, start=1):
            at = START + timedelta(minutes=15 * slot, seconds=number)
            energy = meter.energy(at)
            sessions.append(
                [
                    Reading(
                        number,
                        TYPES.by_name(name),
                        at,
                        at + timedelta(seconds=1),
                        energy.register(name),
                        "kWh",
                        ReadingSource.SCHEDULED,
                    )
                    for name in REGISTERS
                ]
            )
    return sessions


def disordered(sessions: Sequence[Session], chance: Random) -> list[Session]:
    """Any order, some sessions again, some joined with others, the readings inside shuffled."""
    told = [list(session) for session in [*sessions, *chance.choices(sessions, k=len(sessions) // 3)]]
    chance.shuffle(told)
    joined: list[Session] = []
    while told:
        taken = [reading for _ in range(min(len(told), chance.randrange(1, 4))) for reading in told.pop()]
        chance.shuffle(taken)
        joined.append(taken)
    return joined


def content(makes: type[IndexedReadingStore], sessions: Sequence[Session]) -> str:
    """The hash of what is stored in the end."""
    return run_virtual(_content(makes, sessions))


async def _content(makes: type[IndexedReadingStore], sessions: Sequence[Session]) -> str:
    store, registry = makes(TYPES), MemoryMeterRegistry()
    await registry.register([registration(number) for number in range(1, METERS + 1)])
    accept = AcceptReadings(
        store,
        RULES,
        MeterFacts(registry),
        TYPES,
        clock=VirtualClock(),
        events=MemoryEventLog(),
        feed=InProcessFeed(),
    )
    for session in sessions:
        await accept.accept(session)
        await asyncio.sleep(0)
    rows = sorted(versions[-1][:7] for versions in store.versions)
    return hashlib.sha256(repr(rows).encode()).hexdigest()
