"""Two head-ends on one state store do the same at the same moment: one wins, the other is told in our own words.

Each race is run many times over two openings of the database, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
import pytest_asyncio

from headend.domain.clock_correction import ClockOrder, Remedy
from headend.domain.errors import Conflict
from headend.domain.exchanges import ExchangeOrder, HeardIdentity, IdentityTold
from headend.domain.field_readings import FieldReading
from headend.domain.gap_ledger import ClosedRuns, GapRuns, LedgerChange
from headend.domain.identity import IdentityFinding
from headend.domain.meter_states import DraftStanding, MeterState, StateKind, SuggestedAction
from headend.domain.metering import Line, Protocol
from headend.domain.parking import Parking, ParkingReason
from headend.domain.readings import RawFrame, ReadingSource
from headend.domain.routes import Route, RouteKind, RouteStop
from headend.domain.special_reads import SpecialRead, SpecialReason, SpecialState
from headend.domain.topology import NodeKind, NodePlacement
from headend.domain.ways import Way, WayChoice, WayReason
from headend.ports import LedgerQuestion
from headend.stores.state import (
    SqlClockBook,
    SqlExchangeLedger,
    SqlFieldReadingBook,
    SqlGapLedger,
    SqlIdentityBook,
    SqlMeterRegistry,
    SqlParkings,
    SqlPlanProgress,
    SqlRoutes,
    SqlSpecialReads,
    SqlStateBook,
    SqlTopology,
    SqlWayBook,
    StateDatabase,
)
from tests.fakes.meters import registration

pytestmark = pytest.mark.asyncio
ROUNDS = 12
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FRAME = RawFrame(b"\x68\x11", b"\x68\x91")
Two = Sequence[StateDatabase]


@pytest_asyncio.fixture
async def two(state_url: str) -> AsyncIterator[Two]:
    """Two openings of one database, as by a server and a command line; a meter for each round."""
    databases = [StateDatabase(state_url), StateDatabase(state_url)]
    for database in databases:
        await database.open()
    await SqlMeterRegistry(databases[0]).register([registration(number) for number in range(1, ROUNDS + 1)])
    yield databases
    for database in databases:
        await database.close()


async def race(tries: Sequence[Awaitable[object]]) -> str:
    """What came of tries at the same moment; any error but Conflict is one of the test."""
    results = await asyncio.gather(*tries, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Conflict):
            raise result
        assert "refuses it" not in str(result), result  # a guard of the database spoke where our check should have
    return " ".join(sorted("lost" if isinstance(result, Conflict) else "won" for result in results))


async def one_wins(two: Two, attempt: Callable[[StateDatabase, int, int], Awaitable[object]]) -> None:
    """`attempt(database, round, who)`, in each round by both."""
    won = [await race([attempt(two[who], number, who) for who in (0, 1)]) for number in range(1, ROUNDS + 1)]
    assert Counter(won) == {"lost won": ROUNDS}


async def test_a_version_of_a_route(two: Two) -> None:
    route = Route("Bus", RouteKind.BUS, (RouteStop("UP-1"), RouteStop("UP-2")), line_url="tcp://x:1")
    await SqlRoutes(two[0]).add([route])

    async def change(database: StateDatabase, number: int, who: int) -> None:
        await SqlRoutes(database).change(replace(route, version=number, line_url=f"tcp://{who}:1"))

    await one_wins(two, change)
    assert (await SqlRoutes(two[0]).route("Bus")).version == ROUNDS + 1


async def test_a_name_of_a_route(two: Two) -> None:
    route = Route("Bus", RouteKind.BUS, (RouteStop("UP-1"),), line_url="tcp://x:1")
    await one_wins(two, lambda database, number, who: SqlRoutes(database).add([replace(route, name=f"{number}")]))


async def test_a_run_of_the_gap_ledger_is_replaced_once(two: Two) -> None:
    nothing = ClosedRuns(*(np.zeros(0, np.int64) for _ in range(9)))
    run = GapRuns(*(np.array([n], np.int64) for n in (1, 1, 10, 20, 2, 1, 5, 6, 7, 0)))
    ledger = SqlGapLedger(two[0])
    await ledger.change(LedgerChange(np.zeros(0, np.int64), run, nothing))
    for _ in range(ROUNDS):
        change = LedgerChange((await ledger.open_runs(LedgerQuestion())).id, run, nothing)
        assert await race([SqlGapLedger(one).change(change) for one in two]) == "lost won"
    assert len(await ledger.open_runs(LedgerQuestion())) == 1


async def test_a_rank_of_a_way_and_an_address(two: Two) -> None:
    way = Way(1, 2, Protocol.GDW1376, "gdw1376-2009", "1", Line(0, "gdw1376://:8900"), NOON)

    async def add(database: StateDatabase, number: int, who: int) -> None:
        await SqlWayBook(database).add([replace(way, installation_id=number, server_address=f"{number}-{who}")])

    await one_wins(two, add)

    async def add_address(database: StateDatabase, number: int, who: int) -> None:
        mine = replace(way, installation_id=1 + (number + who) % ROUNDS, rank=3 + 2 * number + who)
        await SqlWayBook(database).add([replace(mine, server_address=f"x{number}")])

    await one_wins(two, add_address)


async def test_an_end_of_a_way(two: Two) -> None:
    way = Way(1, 2, Protocol.GDW1376, "gdw1376-2009", "1", Line(0, "gdw1376://:8900"), NOON)
    book = SqlWayBook(two[0])
    ways = [replace(way, installation_id=n, server_address=f"{n}") for n in range(1, ROUNDS + 1)]
    added = await book.add(ways)
    await one_wins(two, lambda database, n, who: SqlWayBook(database).end(added[n - 1].id, NOON + HOUR))


async def test_of_two_choices_of_a_way_the_last_stays_and_none_is_refused(two: Two) -> None:
    for number in range(1, ROUNDS + 1):
        choices = [WayChoice(rank, NOON, WayReason.FAILED_OVER) for rank in (1, 2)]
        tries = [SqlWayBook(one).choose(number, choice) for one, choice in zip(two, choices, strict=True)]
        assert await race(tries) == "won won"
    assert {one.rank for one in (await SqlWayBook(two[0]).choices()).values()} <= {1, 2}


async def told(database: StateDatabase, number: int) -> IdentityTold:
    return IdentityTold(await SqlMeterRegistry(database).installation(number), f"{900 + number}", NOON, FRAME)


async def test_an_exchange_is_found_once(two: Two) -> None:
    tells = [await told(two[0], number) for number in range(1, ROUNDS + 1)]
    await one_wins(
        two, lambda database, n, who: SqlExchangeLedger(database).open(tells[n - 1], IdentityFinding.EXCHANGED)
    )


async def test_an_exchange_is_confirmed_or_rejected_once(two: Two) -> None:
    ledger = SqlExchangeLedger(two[0])
    cases = [await ledger.open(await told(two[0], n), IdentityFinding.EXCHANGED) for n in range(1, ROUNDS + 1)]
    order = ExchangeOrder(NOON, "li", Decimal(5), Decimal(0))

    async def decide(database: StateDatabase, number: int, who: int) -> None:
        mine = SqlExchangeLedger(database)
        case = cases[number - 1].id
        await (mine.confirm(case, order, NOON) if who else mine.reject(case, "li", "", NOON + HOUR))

    await one_wins(two, decide)


async def test_an_identity_is_learned_by_both(two: Two) -> None:
    for number in range(1, ROUNDS + 1):
        heard = [HeardIdentity(number, f"{number}", NOON, NOON + who * HOUR, FRAME) for who in (0, 1)]
        assert await race([SqlIdentityBook(two[who]).keep([heard[who]]) for who in (0, 1)]) == "won won"
    assert {one.confirmed_at for one in await SqlIdentityBook(two[0]).heard()} == {NOON + HOUR}


async def test_a_draft_is_decided_once(two: Two) -> None:
    book = SqlStateBook(two[0])
    for number in range(1, ROUNDS + 1):
        await book.open(MeterState(number, StateKind.STOPPED, NOON, "no step", 1, NOON), SuggestedAction("go", "去"))
    drafts = {one.installation_id: one for one in await book.drafts(ROUNDS)}

    async def decide(database: StateDatabase, number: int, who: int) -> None:
        standing = (DraftStanding.ACCEPTED, DraftStanding.DISMISSED)[who]
        await SqlStateBook(database).decide(drafts[number].decided(standing, by="ada", at=NOON))

    await one_wins(two, decide)


async def test_a_state_is_opened_once_and_both_are_told_which(two: Two) -> None:
    state, action = MeterState(1, StateKind.STOPPED, NOON, "no step", 1, NOON), SuggestedAction("go", "去")
    for number in range(1, ROUNDS + 1):
        mine = replace(state, installation_id=number)
        first, second = await asyncio.gather(*(SqlStateBook(one).open(mine, action) for one in two))
        assert first == second


async def test_a_special_read_is_ordered_and_ended_once(two: Two) -> None:
    special = SpecialRead("UP", NOON, SpecialReason.CONTRACT_END, "clerk", NOON, "")
    await one_wins(two, lambda database, n, who: SqlSpecialReads(database).add(replace(special, usage_point=f"{n}")))
    kept = await SqlSpecialReads(two[0]).open_until(NOON)
    done = [replace(one, state=SpecialState.DONE, ended_at=NOON) for one in kept]
    await one_wins(two, lambda database, n, who: SqlSpecialReads(database).end(done[n - 1]))


async def test_the_progress_of_a_plan_never_goes_back(two: Two) -> None:
    for number in range(ROUNDS):
        tries = [SqlPlanProgress(two[who]).done("p", NOON + (2 * number + who) * HOUR) for who in (0, 1)]
        assert await race(tries) == "won won"
        assert await SqlPlanProgress(two[0]).last("p") == NOON + (2 * number + 1) * HOUR


async def test_a_meter_is_parked_once(two: Two) -> None:
    parking = Parking(1, ParkingReason.UNDER_REPAIR, "", "ann", NOON)
    await one_wins(
        two, lambda database, n, who: SqlParkings(database).park(replace(parking, installation_id=n, since=NOON))
    )
    await one_wins(two, lambda database, n, who: SqlParkings(database).end(n, NOON + HOUR, "bob"))


async def test_a_line_has_one_broadcast_a_day(two: Two) -> None:
    order = ClockOrder(1, 1, Remedy.BROADCAST, "ada", NOON, "2026-11-24", 120)
    await one_wins(two, lambda database, n, who: SqlClockBook(database).open_order(replace(order, line_id=n)))


async def test_a_register_is_read_by_hand_once(two: Two) -> None:
    reading = FieldReading(1, "active_energy_import", NOON, Decimal("5.40"), ReadingSource.MANUAL, "Wang")
    await one_wins(
        two, lambda database, n, who: SqlFieldReadingBook(database).keep([replace(reading, installation_id=n)])
    )


async def test_meters_and_nodes_are_registered_once(two: Two) -> None:
    await one_wins(two, lambda database, n, who: SqlMeterRegistry(database).register([registration(500 + n)]))
    for number in range(ROUNDS):
        placement = NodePlacement(NodeKind.SUBSTATION, f"S{number}", "", NOON)
        assert await race([SqlTopology(one).place([placement]) for one in two]) == "won won"
    assert len(await SqlTopology(two[0]).nodes()) == ROUNDS
