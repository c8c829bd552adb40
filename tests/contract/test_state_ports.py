"""What registry, ledger, event log and user directory promise, over the memory twins, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from headend.domain.billing import BillingLine, BillingPeriod, BillingRefusal, EdgeReading, RefusalReason, digest
from headend.domain.errors import Conflict, StoreUnavailable, UnknownBillingBatch, UnknownMeter
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import CustomerClass, MeterRegistration, Protocol
from headend.domain.users import Role, Session, User
from headend.ports import BillingLedger, EventLog, MeterRegistry, UserDirectory
from headend.stores.state import (
    SqlBillingLedger,
    SqlEventLog,
    SqlMeterRegistry,
    SqlUserDirectory,
    StateDatabase,
)
from tests.fakes.memory_stores import MemoryBillingLedger, MemoryEventLog, MemoryMeterRegistry, MemoryUserDirectory

pytestmark = pytest.mark.asyncio
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class State:
    """The four ports of one state store."""

    registry: MeterRegistry
    ledger: BillingLedger
    events: EventLog
    users: UserDirectory


def memory() -> State:
    return State(MemoryMeterRegistry(), MemoryBillingLedger(), MemoryEventLog(), MemoryUserDirectory())


def sql(database: StateDatabase) -> State:
    ledger = SqlBillingLedger(database)
    return State(SqlMeterRegistry(database), ledger, SqlEventLog(database), SqlUserDirectory(database))


@pytest.fixture
def state(state_database: StateDatabase | None) -> State:
    return memory() if state_database is None else sql(state_database)


def meter(number: int, line: str = "tcp://127.0.0.1:8001") -> MeterRegistration:
    return MeterRegistration(
        usage_point=f"UP-{number}",
        customer_class=CustomerClass.COMMERCIAL,
        capacity_kva=Decimal("12.50"),
        serial_number=f"{number:012}",
        protocol=Protocol.DLT645,
        profile="generic",
        server_address=f"{number:012}",
        line_url=line,
        multiplier=Decimal("40"),
        installed_at=NOON + timedelta(microseconds=number),
    )


class TestMeterRegistry:
    """Who is metered by what."""

    async def test_what_was_registered_comes_back_exactly(self, state: State) -> None:
        wanted = meter(7)
        assert await state.registry.register([wanted]) == 1
        [found] = await state.registry.installations()
        assert (found.usage_point.name, found.usage_point.customer_class) == ("UP-7", CustomerClass.COMMERCIAL)
        assert str(found.usage_point.capacity_kva) == "12.50"
        assert (found.meter.serial_number, found.meter.server_address) == ("000000000007", "000000000007")
        assert (found.meter.protocol, found.meter.profile) == (Protocol.DLT645, "generic")
        assert (found.meter.line.url, found.multiplier) == (wanted.line_url, Decimal(40))
        assert (found.installed_at, found.removed_at) == (wanted.installed_at, None)

    async def test_ordered_by_id_and_found_by_id(self, state: State) -> None:
        await state.registry.register([meter(3), meter(1)])
        await state.registry.register([meter(2, "tcp://127.0.0.1:8002")])
        found = await state.registry.installations()
        assert [i.usage_point.name for i in found] == ["UP-3", "UP-1", "UP-2"]
        assert [i.id for i in found] == sorted(i.id for i in found)
        assert [await state.registry.installation(i.id) for i in found] == list(found)

    async def test_meters_of_one_url_share_a_line(self, state: State) -> None:
        await state.registry.register([meter(1), meter(2, "tcp://127.0.0.1:8002"), meter(3)])
        lines = [i.meter.line.id for i in await state.registry.installations()]
        assert lines[0] == lines[2] != lines[1]

    async def test_an_unknown_meter_is_an_error_of_its_own(self, state: State) -> None:
        with pytest.raises(UnknownMeter):
            await state.registry.installation(1)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"serial_number": "000000000001"}, "serial number 000000000001 is installed already"),
            ({"usage_point": "UP-1"}, "usage point UP-1 is metered already"),
            ({"server_address": "000000000001"}, "address 000000000001 on tcp://127.0.0.1:8001 is taken"),
        ],
    )
    @pytest.mark.parametrize("known_before", [True, False])
    async def test_a_contradiction_names_the_row_and_adds_nothing(
        self, state: State, change: dict[str, str], words: str, known_before: bool
    ) -> None:
        first = [meter(1)]
        if known_before:
            await state.registry.register(first)
            first = []
        rows = [*first, meter(2), replace(meter(3), **change)]  # type: ignore[arg-type]  # text fields only
        with pytest.raises(Conflict, match=rf"registration {len(rows)}\b.*{words}"):
            await state.registry.register(rows)
        assert len(await state.registry.installations()) == known_before
        assert await state.registry.register([meter(2)]) == 1

    async def test_the_same_address_on_another_line_is_no_contradiction(self, state: State) -> None:
        other = replace(meter(2, "tcp://127.0.0.1:8002"), server_address=meter(1).server_address)
        assert await state.registry.register([meter(1), other]) == 2

    async def test_nothing_registered_adds_nothing(self, state: State) -> None:
        assert await state.registry.register([]) == 0
        assert list(await state.registry.installations()) == []


def period(name: str = "2026-10") -> BillingPeriod:
    return BillingPeriod.of_month(name, ZoneInfo("Asia/Shanghai"))


def edge(text: str, version: int = 2**40) -> EdgeReading:
    return EdgeReading(NOON + timedelta(microseconds=1), Decimal(text), 1, "daily_freeze", version)


def lines() -> list[BillingLine]:
    who = ("点-1 'quoted'", "000000000001", 1)
    first = BillingLine(*who, "active_energy_import", "kWh", edge("0.10"), edge("1E+3"), Decimal("1.0"), Decimal("9.9"))
    return [first, replace(first, reading_type="active_energy_export", consumption=Decimal("-0.0000"))]


def refusals() -> list[BillingRefusal]:
    who = ("UP-2", "000000000002", 2, "active_energy_import")
    return [BillingRefusal(*who, reason, f"seen\n{reason}") for reason in reversed(RefusalReason)]


class TestBillingLedger:
    """Closed batches."""

    async def test_a_batch_comes_back_with_every_digit_and_in_its_order(self, state: State) -> None:
        closed = await state.ledger.close(period(), NOON, lines(), refusals())
        assert (closed.period, closed.line_count, closed.refusal_count) == ("2026-10", 2, len(RefusalReason))
        assert (closed.start, closed.end, closed.closed_at) == (period().start, period().end, NOON)
        assert await state.ledger.batch(closed.id) == closed
        frozen = await state.ledger.lines(closed.id), await state.ledger.refusals(closed.id)
        assert (list(frozen[0]), list(frozen[1])) == (lines(), refusals())
        assert [str(line.end.value) for line in frozen[0]] == ["1E+3", "1E+3"]
        assert closed.sha256 == digest(period(), *frozen) == digest(period(), lines(), refusals())

    async def test_a_period_is_closed_once(self, state: State) -> None:
        closed = await state.ledger.close(period(), NOON, lines(), [])
        with pytest.raises(Conflict, match="2026-10 is closed already"):
            await state.ledger.close(period(), NOON, [], refusals())
        assert list(await state.ledger.batches()) == [closed]
        assert list(await state.ledger.lines(closed.id)) == lines()
        assert list(await state.ledger.refusals(closed.id)) == []

    async def test_of_many_who_close_at_once_one_wins(self, state: State) -> None:
        attempts = (state.ledger.close(period(), NOON, lines(), refusals()) for _ in range(5))
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["BillingBatch", *["Conflict"] * 4]

    async def test_newest_first_and_each_with_its_own_lines(self, state: State) -> None:
        october = await state.ledger.close(period(), NOON, lines(), [])
        november = await state.ledger.close(period("2026-11"), NOON, [], refusals())
        assert list(await state.ledger.batches()) == [november, october]
        assert list(await state.ledger.lines(november.id)) == []
        assert list(await state.ledger.refusals(november.id)) == refusals()

    async def test_an_unknown_batch_is_an_error_of_its_own(self, state: State) -> None:
        for question in (state.ledger.batch(1), state.ledger.lines(1), state.ledger.refusals(1)):
            with pytest.raises(UnknownBillingBatch):
                await question
        assert list(await state.ledger.batches()) == []


class TestEventLog:
    """What happened."""

    async def test_newest_first_whatever_the_order_they_came_in(self, state: State) -> None:
        for minute in (2, 0, 3, 1):
            at = NOON + timedelta(minutes=minute)
            await state.events.record(EndDeviceEvent(EventKind.METER_SILENT, at, f"minute {minute}", 10 + minute % 2))
        assert [e.detail for e in await state.events.recent(3)] == ["minute 3", "minute 2", "minute 1"]
        assert [e.detail for e in await state.events.recent(9, 10)] == ["minute 2", "minute 0"]
        assert list(await state.events.recent(9, 99)) == []

    async def test_of_one_instant_the_last_recorded_comes_first(self, state: State) -> None:
        for detail in ("first", "second"):
            await state.events.record(EndDeviceEvent(EventKind.STORE_DOWN, NOON, detail))
        found = await state.events.recent(9)
        assert [(e.detail, e.installation_id, e.occurred_at) for e in found] == [
            ("second", None, NOON),
            ("first", None, NOON),
        ]
        assert found[0].id > found[1].id > 0


class TestUserDirectory:
    """People and their sessions."""

    async def test_users_are_found_by_name_and_counted(self, state: State) -> None:
        assert await state.users.count_users() == 0
        added = await state.users.add_user(User("管理员", Role.ADMIN, "$argon2id$v=19$x"))
        assert added.id > 0
        assert await state.users.user_named("管理员") == added
        assert await state.users.user_named("nobody") is None
        assert await state.users.count_users() == 1

    async def test_a_name_is_taken_once(self, state: State) -> None:
        await state.users.add_user(User("ann", Role.VIEWER, "first"))
        with pytest.raises(Conflict, match="ann"):
            await state.users.add_user(User("ann", Role.ADMIN, "second"))
        found = await state.users.user_named("ann")
        assert found is not None and found.role is Role.VIEWER

    async def test_a_session_is_found_by_its_hash_until_it_is_closed(self, state: State) -> None:
        user = await state.users.add_user(User("ann", Role.BILLING, "hash"))
        session = Session("a" * 64, user.id, NOON, NOON - timedelta(hours=1))  # expired ones are found too
        await state.users.open_session(session)
        assert await state.users.session("a" * 64) == (session, user)
        assert await state.users.session("b" * 64) is None
        await state.users.close_session("a" * 64)
        await state.users.close_session("a" * 64)
        assert await state.users.session("a" * 64) is None

    async def test_nobody_has_a_session_without_an_account(self, state: State) -> None:
        with pytest.raises(Conflict):
            await state.users.open_session(Session("a" * 64, 99, NOON, NOON))


@pytest.mark.parametrize("kind", ["memory", "closed"])
async def test_a_store_that_is_away_says_so_to_everything(kind: str) -> None:
    state = memory() if kind == "memory" else sql(StateDatabase("sqlite:///never-opened.sqlite"))
    for port in (state.registry, state.ledger, state.events, state.users):
        port.is_down = True  # type: ignore[union-attr]  # the twins' switch; the real ones are closed
    for question in (
        state.registry.installations(),
        state.registry.register([meter(1)]),
        state.ledger.batches(),
        state.ledger.close(period(), NOON, [], []),
        state.events.recent(1),
        state.events.record(EndDeviceEvent(EventKind.STORE_DOWN, NOON)),
        state.users.count_users(),
        state.users.session("x"),
    ):
        with pytest.raises(StoreUnavailable):
            await question
