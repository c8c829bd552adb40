"""C02: rollovers, resets and exchanges over lossy lines: no negative and no impossible use is valid, none is missed.

Valid use is the step between two billable readings of one installation. An exchange counts as detected when its case is
opened in the pass in which the new meter was first read. A meter that stands where the old one stood, with the same
clock and without a silence, shows nothing but its number: that one is found by the daily question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from headend.domain.exchanges import IdentityCase
from headend.domain.identity import identity_of
from headend.domain.instants import from_us
from headend.domain.quality import ReadingQuality, is_billable, mask
from headend.rules.book import RuleBook
from headend.services.exchange_meter import REGISTER
from tests.campaigns.exchanged_fleet import (
    CAPACITY_KVA,
    EXCHANGES,
    RULES,
    TYPES,
    ExchangedFleet,
    Fate,
    ItemOf,
    Place,
    told_by_profile,
)
from tests.campaigns.verdict import Stopwatch, Verdict
from tests.fakes.virtual_time import run_virtual

AT_ONCE = 500  # meters of one world
BEFORE, AFTER = 2, 6  # passes before and after it happens
CYCLE_S = 900
ALLOWANCE, ONE_COUNT = Decimal("1.2"), Decimal("0.02")
IMPORT = TYPES.by_name(REGISTER)
DAY, SESSION = timedelta(days=1), timedelta(minutes=1)


def run(seed: int, tried: int, item_of: ItemOf = told_by_profile, rules: RuleBook = RULES) -> Verdict:
    """`tried` meters, in worlds of at most 500."""
    watch, bad = Stopwatch(), list[str]()
    for first in range(0, tried, AT_ONCE):
        bad += run_virtual(_lived(ExchangedFleet(seed + first, min(AT_ONCE, tried - first), item_of, rules)))
    return watch.verdict("C02", seed, tried, bad)


async def _lived(fleet: ExchangedFleet) -> list[str]:
    await fleet.register()
    owner = asyncio.create_task(fleet.gateway.run())
    await fleet.gateway.is_running.wait()
    try:
        return await _judged(fleet)
    finally:
        owner.cancel()
        await asyncio.gather(owner, return_exceptions=True)


async def _judged(fleet: ExchangedFleet) -> list[str]:
    for _ in range(BEFORE):
        await _cycle(fleet)
    await _strike(fleet)
    for _ in range(1 + AFTER):
        await _cycle(fleet)
    bad = _late(fleet, await fleet.ledger.cases())
    await fleet.clock.sleep(DAY.total_seconds())
    await _cycle(fleet)
    await _cycle(fleet)
    cases = await fleet.ledger.cases()
    bad += _missed(fleet.places, cases, EXCHANGES)
    bad += _false(fleet.places, cases)
    return bad + list(_impossible(fleet)) + list(_lost_rollovers(fleet))


async def _cycle(fleet: ExchangedFleet) -> None:
    """One pass, and the wait for the next quarter."""
    began = fleet.clock.monotonic()
    await fleet.read()
    await fleet.clock.sleep(max(0.0, CYCLE_S - (fleet.clock.monotonic() - began)))


async def _strike(fleet: ExchangedFleet) -> None:
    """Between two passes; a slow exchange takes one pass, in which nobody answers."""
    slow = [place for place in fleet.places if place.fate is Fate.SLOW_EXCHANGE]
    for place in slow:
        fleet.take_away(place)
    if slow:
        await _cycle(fleet)
    for place in fleet.places:
        fleet.strike(place)


def _late(fleet: ExchangedFleet, cases: Sequence[IdentityCase]) -> list[str]:
    """Exchanges that were not found in the pass in which the new meter was first read, or not at all."""
    opened = {case.old.meter.server_address: case.opened_at for case in cases}
    reads = fleet.first_reads()
    bad = []
    for place in fleet.places:
        if place.fate not in EXCHANGES - {Fate.LOOK_ALIKE} or place.address not in reads:
            continue
        read, found = reads[place.address], opened.get(place.address)
        if found is None or found - read > SESSION:
            bad.append(f"{place.fate} of {place.address}, read at {read}, was found at {found}")
    return bad


def _missed(places: Sequence[Place], cases: Sequence[IdentityCase], fates: frozenset[Fate]) -> list[str]:
    found = {(case.old.meter.server_address, case.identity) for case in cases}
    due = [place for place in places if place.fate in fates]
    return [f"{p.fate} of {p.address} missed" for p in due if (p.address, identity_of(p.serial)) not in found]


def _false(places: Sequence[Place], cases: Sequence[IdentityCase]) -> list[str]:
    fates = {place.address: place for place in places}
    named = [(case, fates[case.old.meter.server_address]) for case in cases]
    return [
        f"{place.address} ({place.fate}) was called {case.kind} by {case.identity}"
        for case, place in named
        if place.fate not in EXCHANGES or case.identity != identity_of(place.serial)
    ]


def _impossible(fleet: ExchangedFleet) -> Iterator[str]:
    """Steps between billable readings that are negative or more than the contract's power can use."""
    for installation, rows in _billable(fleet).items():
        for (at, value, _), (later, shown, marks) in pairwise(rows):
            used = shown - value + (IMPORT.modulus if marks & mask([ReadingQuality.ROLLOVER]) else 0)
            hours = Decimal((later - at).total_seconds()) / 3600
            most = CAPACITY_KVA * ALLOWANCE * hours + ONE_COUNT
            if not 0 <= Decimal(IMPORT.text(used)) <= most:
                yield f"installation {installation} used {IMPORT.text(used)} kWh until {later} ({most:.2f} at most)"


def _lost_rollovers(fleet: ExchangedFleet) -> Iterator[str]:
    """A register that rolled over goes on being billable and its use is what the meter counted."""
    billable = _billable(fleet)
    for number, place in enumerate(fleet.places, start=1):
        if place.fate is not Fate.ROLLS_OVER:
            continue
        rows = billable[number]
        if rows[0][1] < IMPORT.modulus // 2:
            continue  # its first session was lost and it had rolled over before the next
        turns = sum(bool(marks & mask([ReadingQuality.ROLLOVER])) for _, _, marks in rows)
        if turns != 1 or rows[-1][1] >= rows[0][1]:
            yield f"{place.address} rolled over {turns} times, {len(rows)} readings are billable"


def _billable(fleet: ExchangedFleet) -> dict[int, list[tuple[datetime, int, int]]]:
    """Instant, scaled register and marks of every billable reading, by installation and time."""
    found: dict[int, list[tuple[datetime, int, int]]] = {}
    for versions in fleet.stored.versions:
        installation, kind, measured, _, value, quality = versions[-1][:6]
        if kind == IMPORT.id and is_billable(quality):
            found.setdefault(installation, []).append((from_us(measured), value, quality))
    return {number: sorted(rows) for number, rows in found.items()}
