"""What the state database promises whoever works on it, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.orm import Session

from headend.domain.errors import Conflict, StoreUnavailable
from headend.domain.kpi import KpiDay, KpiEvidence, KpiFigure, ScopeKind
from headend.domain.routes import Place, Route, RouteKind, RouteStop
from headend.domain.topology import NodeKind, NodePlacement
from headend.domain.users import Role, User
from headend.stores.state import (
    SqlBillingLedger,
    SqlKpiLedger,
    SqlRoutes,
    SqlTopology,
    SqlUserDirectory,
    StateDatabase,
)
from tests.contract.crash.subjects import ROWS, bill, period
from tests.fakes.postgresql import PostgreSql

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LINE = "INSERT INTO line (url) VALUES ('tcp://x:1')"
LINES = text("SELECT count(*) FROM line")
NAMES = ["B 10", "B-2", "B1", "a", "z", "Ä", "东", "北"]  # by code point; by language in another order
COPY = "SELECT batch_id, {position}, usage_point, serial_number, installation_id, reading_type"


@pytest_asyncio.fixture
async def database(state_url: str) -> AsyncIterator[StateDatabase]:
    database = StateDatabase(state_url)
    await database.open()
    yield database
    await database.close()


async def test_a_reader_sees_one_moment_from_its_first_question_on(database: StateDatabase) -> None:
    seen, written = threading.Event(), threading.Event()

    def look_twice(session: Session) -> tuple[object, object]:
        before = session.scalar(LINES)
        seen.set()
        assert written.wait(10)
        return before, session.scalar(LINES)

    reading = asyncio.create_task(database.read(look_twice))
    assert await asyncio.to_thread(seen.wait, 10)
    await database.write(lambda session: session.execute(text(LINE)) and None)
    written.set()
    assert await reading == (0, 0)
    assert await database.read(lambda session: session.scalar(LINES)) == 1


async def test_readers_cannot_write(database: StateDatabase) -> None:
    with pytest.raises(StoreUnavailable, match=r"read-?only"):
        await database.read(lambda session: session.execute(text(LINE)))
    assert await database.read(lambda session: session.scalar(LINES)) == 0


async def test_work_that_fails_half_way_leaves_nothing(database: StateDatabase) -> None:
    def work(session: Session) -> None:
        session.execute(text(LINE))
        session.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(StoreUnavailable, match="run `headend migrate`"):
        await database.write(work)
    assert await database.read(lambda session: session.scalar(LINES)) == 0


async def test_two_that_read_and_then_write_take_turns(database: StateDatabase) -> None:
    other = StateDatabase(database.url)
    await other.open()
    directories = [SqlUserDirectory(one) for one in (database, other)]
    users = [User(f"user {n}", Role.VIEWER, "hash") for n in range(60)]
    await asyncio.gather(*(directories[n % 2].add_user(user) for n, user in enumerate(users)))
    assert await directories[0].count_users() == 60
    await other.close()


async def test_whoever_holds_the_turn_too_long_is_told_of(database: StateDatabase) -> None:
    other = StateDatabase(database.url)
    await other.open()
    has_turn, over = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        session.execute(text(LINE))
        has_turn.set()
        assert over.wait(30)

    holding = asyncio.create_task(database.write(hold))
    assert await asyncio.to_thread(has_turn.wait, 10)
    try:
        assert await other.read(lambda session: session.scalar(LINES)) == 0
        with pytest.raises(StoreUnavailable, match="is locked by another process"):
            await other.write(lambda session: session.execute(text(LINE)) and None)
    finally:
        over.set()
        await holding
        await other.close()


async def test_connections_that_were_cut_are_made_again(postgresql: PostgreSql, postgresql_url: str) -> None:
    database = StateDatabase(postgresql_url)
    await database.open()
    directory = SqlUserDirectory(database)
    await directory.add_user(User("ann", Role.VIEWER, "hash"))
    assert await directory.count_users() == 1
    postgresql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    await directory.add_user(User("bob", Role.VIEWER, "hash"))
    assert await directory.count_users() == 2
    await database.close()


async def test_names_are_in_the_order_of_their_code_points(database: StateDatabase) -> None:
    placements = [NodePlacement(NodeKind.SUBSTATION, name, "", NOON) for name in reversed(NAMES)]
    await SqlTopology(database).place(placements)
    assert [node.name for node in await SqlTopology(database).nodes()] == NAMES
    routes = SqlRoutes(database)
    await routes.add(
        [
            Route(name, RouteKind.WALK, (RouteStop("BOX", Place(0.0, 0.0)),), readers=("Wang",))
            for name in reversed(NAMES)
        ]
    )
    assert [route.name for route in await routes.all()] == NAMES


async def test_figures_are_in_the_order_of_their_code_points(database: StateDatabase) -> None:
    ledger = SqlKpiLedger(database)
    evidence = KpiEvidence(*[[] for _ in range(9)])  # type: ignore[arg-type]  # nobody put anything in
    figures = [KpiFigure(ScopeKind.LINE, number, name, 1, 2, 0) for number, name in enumerate(reversed(NAMES))]
    for kpi in reversed(NAMES):
        await ledger.keep(KpiDay(kpi, 1, "d" * 64, NOON.date(), NOON, "ann"), figures, evidence)
    points = await ledger.points(NOON.date(), NOON.date(), ScopeKind.LINE)
    assert [(point.computed.kpi, point.figure.scope_name) for point in points] == [(a, b) for a in NAMES for b in NAMES]


async def test_what_postgresql_cannot_hold_is_a_contradiction_and_not_a_store_that_is_away(postgresql_url: str) -> None:
    database = StateDatabase(postgresql_url)
    await database.open()
    for name in ("x" * 256, "a\x00b"):
        with pytest.raises(Conflict, match="refuses it"):
            await SqlUserDirectory(database).add_user(User(name, Role.VIEWER, "hash"))
    await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_batch SET sha256 = 'x'",
        "UPDATE billing_line SET consumption = '0' WHERE position = 0",
        "DELETE FROM billing_refusal",
        "DELETE FROM billing_batch",
        f"INSERT INTO billing_refusal {COPY.format(position=ROWS)}, reason, detail FROM billing_refusal LIMIT 1",
        f"INSERT INTO billing_refusal {COPY.format(position=-1)}, reason, detail FROM billing_refusal LIMIT 1",
    ],
)
async def test_no_statement_changes_a_closed_batch(database: StateDatabase, statement: str) -> None:
    ledger = SqlBillingLedger(database)
    batch = await ledger.close(period(1), period(1).end, *bill(1))
    before = await ledger.lines(batch.id), await ledger.refusals(batch.id)
    with pytest.raises(Conflict, match="never changes"):
        await database.write(lambda session: session.execute(text(statement)) and None)
    assert (await ledger.lines(batch.id), await ledger.refusals(batch.id)) == before


async def test_postgresql_empties_no_closed_batch_either(postgresql_url: str) -> None:
    database = StateDatabase(postgresql_url)
    await database.open()
    await SqlBillingLedger(database).close(period(1), period(1).end, *bill(1))
    with pytest.raises(Conflict, match="never changes"):
        await database.write(lambda session: session.execute(text("TRUNCATE billing_line")) and None)
    await database.close()
