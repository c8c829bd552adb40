"""C03: meters' clocks jump from a second to ten years, fall back to 2000, and zones change their time. No slot suffers.

Three parts. Pure: every local day of six zones has the quarters that UTC says, each once, and a clock that shows a
local time is understood, in the repeated hour too. Whole: meters whose clocks jump and are set right, on virtual time.
Violations: a slot without a true reading, a false one without a mark, a told value stored twice, a jump that no event
tells, an event without a jump.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from collectors import schedule
from collectors.conversation import Answer
from collectors.driver import Site
from collectors.session import MeterSession
from headend.domain.events import EventKind
from headend.domain.instants import from_us
from headend.domain.plans import Plan, PlanCalendar, PlanKind, PlanSlot
from headend.domain.quality import MEANINGS, ReadingQuality
from headend.domain.readings import RawFrame, ReadingSource
from headend.domain.slot_runs import slot_of
from tests.campaigns.bad_days import PROFILE
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.meters import installation
from tests.fakes.virtual_time import run_virtual
from tests.scenarios.world import FIRST_ADDRESS, TYPES, World, WorldPlan, live

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
    "America/St_Johns",
    "Africa/Cairo",
)
FIRST_DAY = date(2027, 1, 1)  # with the leap day of 2028
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
YEARS_10 = 10 * 365 * 86_400
JUMPS_S = (1, -1, 2, -2, 4, -4, 30, -30, 290, -290, 310, -310, 900, -1800, 3600, -7200, 86_400, -86_400)
FAR_S = (366 * 86_400, -366 * 86_400, YEARS_10, -YEARS_10)
TO_2000 = datetime(2000, 1, 1, tzinfo=UTC)
TO_LEAP_DAY = datetime(2024, 2, 29, 12, tzinfo=UTC)
JUMP_AT_S, BACK_AT_S, HOURS = 6.1 * 3600, 15.37 * 3600, 24
NEAR = timedelta(seconds=320)  # a trusted clock is at most five minutes off
SOON = timedelta(seconds=5)  # a slow clock's reading of a slot may bear the last second before it
OFFSET_BIT = 1 << MEANINGS[ReadingQuality.CLOCK_OFFSET].bit
Slots = Callable[[Plan, datetime, datetime], Iterator[PlanSlot]]


def run(seed: int, tried: int, slots: Slots = schedule.slots) -> Verdict:
    """`tried` days from 2027 on in each of six zones; and a day of meters whose clocks jump."""
    watch = Stopwatch()
    bad = [words for name in ZONES for words in _days(ZoneInfo(name), tried, slots)]
    bad += [words for name in ZONES for words in _shown(ZoneInfo(name), tried)]
    bad += run_virtual(_jumping(seed))
    return watch.verdict("C03", seed, tried * len(ZONES), bad)


def _days(zone: ZoneInfo, days: int, slots: Slots) -> Iterator[str]:
    """Every slot of every day, against plain UTC arithmetic."""
    plan = Plan("quarters", PlanKind.REGISTERS, PlanCalendar(zone, QUARTER))
    first, end = _midnight(zone, FIRST_DAY), _midnight(zone, FIRST_DAY + days * DAY)
    starts = [slot.start for slot in slots(plan, first - timedelta(microseconds=1), end - timedelta(microseconds=1))]
    wanted = [first + number * QUARTER for number in range((end - first) // QUARTER)]
    if starts != wanted:
        yield f"{zone.key}: {len(starts)} slots, {len(wanted)} are due, {len(set(starts) ^ set(wanted))} differ"
    if len({slot_of(start) for start in starts}) != len(starts):
        yield f"{zone.key}: two slots have one number"
    counts = Counter(start.astimezone(zone).date() for start in starts)
    for number in range(days):
        day = FIRST_DAY + number * DAY
        due = (_midnight(zone, day + DAY) - _midnight(zone, day)) // QUARTER
        if counts[day] != due or due not in (92, 94, 96, 98, 100):
            yield f"{zone.key} {day}: {counts[day]} slots, {due} are due"


def _shown(zone: ZoneInfo, days: int) -> Iterator[str]:
    """A clock that runs right is understood at every quarter of the days on which its zone changes."""
    site = Site(TYPES, zone, lambda: datetime(2027, 1, 1, tzinfo=UTC))
    for number in range(days):
        day = FIRST_DAY + number * DAY
        first, end = _midnight(zone, day), _midnight(zone, day + DAY)
        if end - first == DAY:
            continue
        for position in range((end - first) // QUARTER):
            at = first + position * QUARTER
            session = MeterSession(installation(), ReadingSource.SCHEDULED, site)
            session.heard(Answer(None, RawFrame(b"", b""), at, at))
            if session.shown_now(at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")) != at:
                yield f"{zone.key}: {at.astimezone(zone)} was understood wrongly"


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def _jumping(seed: int) -> list[str]:
    """One meter a jump."""
    count = len(JUMPS_S) + len(FAR_S) + 2
    plan = WorldPlan(seed=seed, lines=2, meters_per_line=count // 2, profile=PROFILE)

    async def jump(world: World) -> None:
        meters = [world.meter_of(one) for one in await world.registry.installations()]
        await asyncio.sleep(JUMP_AT_S)
        now = world.true.now()
        before = [meter.clock.offset(now) for meter in meters]
        for meter, shown, offset in zip(meters, _targets(now), before, strict=True):
            meter.clock.set(now, shown + offset)
        await asyncio.sleep(BACK_AT_S - JUMP_AT_S)
        for meter, offset in zip(meters, before, strict=True):
            meter.clock.set(world.true.now(), world.true.now() + offset)
        await asyncio.Event().wait()

    world = await live(plan, HOURS + 0.4, jump)
    return [*_slots_and_doubles(world), *await _events(world)]


def _targets(now: datetime) -> Sequence[datetime]:
    return [*(now + timedelta(seconds=s) for s in (*JUMPS_S, *FAR_S)), TO_2000, TO_LEAP_DAY]


def _slots_and_doubles(world: World) -> Iterator[str]:
    kind = TYPES.by_name("active_energy_import")
    first = slot_of(world.plan.start)
    present: dict[int, set[int]] = {one.id: set() for one in world.registry.known}
    live_at: dict[int, list[datetime]] = {one.id: [] for one in world.registry.known}
    for versions in world.stored.versions:
        row = versions[-1]
        if row[1] != kind.id:
            continue
        if len(versions) > 1:
            yield f"meter {row[0]}: {len(versions)} versions at {from_us(row[2])}"
        meter, at = world.meters[f"{FIRST_ADDRESS + row[0] - 1}"], from_us(row[2])
        low, high = (meter.energy(max(at + by, meter.commissioned)).register(kind.name) for by in (-NEAR, NEAR))
        if low <= kind.unscale(row[4]) <= high:
            present[row[0]] |= {slot_of(at) - first, slot_of(at + SOON) - first}
        elif not row[5] & OFFSET_BIT:
            yield f"meter {row[0]} never had {kind.text(row[4])} near {at}, and nothing marks it"
        if row[6] == 0:
            live_at[row[0]].append(from_us(row[3]))
    for meter, slots in present.items():
        missing = sorted(set(range(HOURS * 4)) - slots)
        if missing:
            yield f"meter {meter} lacks slots {missing[:5]}"
        times = sorted(live_at[meter])
        yield from (f"meter {meter} is stored twice at {a}" for a, b in pairwise(times) if b - a < timedelta(seconds=1))


async def _events(world: World) -> list[str]:
    """Each jump beyond what rounding explains is told twice: away and back."""
    told = Counter(event.installation_id for event in await world.happened(EventKind.CLOCK_JUMPED))
    bad = []
    targets = _targets(world.plan.start + timedelta(seconds=JUMP_AT_S))
    for number, shown in enumerate(targets, start=1):
        size = abs((shown - world.plan.start).total_seconds() - JUMP_AT_S)
        if (size > 3 and told[number] != 2) or (size < 1.5 and told[number]):
            bad.append(f"meter {number} jumped by {size:.0f} s, {told[number]} events")
    return bad
