"""The judge of a scenario: what is stored against what the simulated meters truly are. Trusts no head-end code.

Three invariants: nothing is missing, nothing is wrong, nothing is doubled. Each gives its findings as text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from headend.domain.instants import from_us, to_us
from headend.domain.metering import MeterInstallation
from headend.domain.quality import MEANINGS, ReadingQuality
from headend.domain.reading_types import ReadingType
from headend.domain.readings import ReadingSource, source_of
from simulators import SimulatedMeter
from tests.fakes.memory_readings import Row
from tests.scenarios.world import TYPES, World

LIVE = (ReadingSource.SCHEDULED, ReadingSource.ON_DEMAND)
SLOT_US = 900_000_000
CONFLICT_BIT = 1 << MEANINGS[ReadingQuality.CONFLICTING].bit
# How late the answer to a question may come and still be taken (the same question asked again), and what a clock
# that tells whole seconds adds.
ON_TIME, LATEST = timedelta(seconds=1.5), timedelta(seconds=8)


@dataclass(slots=True)
class Findings:
    """What was judged and what was found; empty lists are what one hopes for."""

    readings: int = 0
    wrong: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many violations."""
        return len(self.wrong) + len(self.doubled) + len(self.missing)


async def judge(world: World, start: datetime, end: datetime, *, lateness: timedelta = ON_TIME) -> Findings:
    """Values and doubles of all that is stored, and the slots of [start, end) of every meter."""
    found = Findings()
    installations = {installation.id: installation for installation in await world.registry.installations()}
    used: dict[tuple[int, int, datetime], Row] = {}
    present: dict[int, set[int]] = defaultdict(set)
    for versions in world.stored.versions:
        row = versions[-1]
        found.readings += 1
        if len(versions) > 1 or row[5] & CONFLICT_BIT:
            found.doubled.append(f"{_text(row)}: {len(versions)} versions")
        if TYPES.by_id(row[1]).name == "active_energy_import":
            present[row[0]].add((row[2] - to_us(start)) // SLOT_US)
        told_at = _judge_value(world, installations[row[0]], row, lateness, found)
        if told_at is not None and used.setdefault((row[0], row[1], told_at), row) is not row:
            found.doubled.append(f"{_text(row)}: told once, stored twice")
    slots = set(range((to_us(end) - to_us(start)) // SLOT_US))
    for number in installations:
        found.missing += [f"meter {number} slot {slot}" for slot in sorted(slots - present[number])]
    return found


def _judge_value(
    world: World, installation: MeterInstallation, row: Row, lateness: timedelta, found: Findings
) -> datetime | None:
    """Notes a wrong value; gives the instant at which a live value was told."""
    meter, kind, value = world.meter_of(installation), TYPES.by_id(row[1]), TYPES.by_id(row[1]).unscale(row[4])
    measured, received = from_us(row[2]), from_us(row[3])
    if source_of(row[6]) not in LIVE:
        if value != _remembered(meter, kind, measured):
            found.wrong.append(f"{_text(row)}: the meter remembers {_remembered(meter, kind, measured)}")
        return None
    if kind.name == "clock_offset":
        if abs(value - Decimal(str(meter.clock.offset(received).total_seconds()))) > lateness.total_seconds():
            found.wrong.append(f"{_text(row)}: the clock is off by {meter.clock.offset(received)}")
        return None
    for told_at in _told(world, meter, kind, value, received, lateness):
        if abs(told_at + meter.clock.offset(told_at) - measured) <= lateness:
            return told_at
    found.wrong.append(f"{_text(row)}: the meter told no such thing")
    return None


def _told(
    world: World, meter: SimulatedMeter, kind: ReadingType, value: Decimal, received: datetime, lateness: timedelta
) -> Iterator[datetime]:
    """When the meter told this value shortly before; energies must also be what its physics says."""
    for told_at, registers in world.witness.told_before(meter.address, received):
        if received - told_at > lateness:
            return
        if registers.get(kind.name) == value:
            if kind.unit == "kWh" and meter.energy(told_at).register(kind.name) != value:
                continue
            yield told_at


def _remembered(meter: SimulatedMeter, kind: ReadingType, stamp: datetime) -> Decimal | None:
    at = meter.clock.true_instant(stamp)
    return None if at is None else meter.energy(at).register(kind.name)


def _text(row: Row) -> str:
    kind = TYPES.by_id(row[1])
    return f"meter {row[0]} {kind.name} {kind.text(row[4])} {kind.unit} at {from_us(row[2]):%m-%d %H:%M:%S}"


async def listed_gaps(world: World, start: datetime, end: datetime) -> Sequence[str]:
    """What the head-end itself lists as missing in [start, end)."""
    gaps = await world.gaps.of("active_energy_import", start)
    return [f"meter {gap.installation_id} {gap.start:%H:%M} to {gap.end:%H:%M}" for gap in gaps if gap.start < end]
