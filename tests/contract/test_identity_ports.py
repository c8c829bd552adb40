"""What the identity book and the exchange ledger promise, over the memory twins, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio

from headend.domain.errors import Conflict, UnknownMeter
from headend.domain.exchanges import CaseState, ExchangeOrder, HeardIdentity, IdentityTold, PlannedExchange
from headend.domain.identity import IdentityFinding
from headend.domain.metering import InstallationState
from headend.domain.readings import RawFrame
from headend.ports import ExchangeLedger, IdentityBook, MeterRegistry
from headend.stores.state import SqlExchangeLedger, SqlIdentityBook, SqlMeterRegistry, StateDatabase
from tests.fakes.memory_identity import MemoryExchangeLedger, MemoryIdentityBook
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import INSTALLED, registration

pytestmark = pytest.mark.asyncio
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
FRAME = RawFrame(b"\x68\x11", b"\x68\x91")
HEARD = HeardIdentity(1, "700000000001", NOW, NOW, FRAME)
ORDER = ExchangeOrder(NOW - timedelta(hours=1), "li", Decimal("5000.10"), Decimal("0.20"), "WO 17")


@dataclass(frozen=True, slots=True)
class State:
    """The ports of one state store."""

    registry: MeterRegistry
    book: IdentityBook
    ledger: ExchangeLedger

    async def found(self, identity: str = "700000000009", installation: int = 1) -> int:
        """Another meter is found; the number of the case."""
        told = IdentityTold(await self.registry.installation(installation), identity, NOW, FRAME)
        return (await self.ledger.open(told, IdentityFinding.EXCHANGED)).id


@pytest_asyncio.fixture
async def state(state_database: StateDatabase | None) -> State:
    state = memory() if state_database is None else sql(state_database)
    await state.registry.register([registration(1), registration(2)])
    return state


def memory() -> State:
    registry, book = MemoryMeterRegistry(), MemoryIdentityBook()
    return State(registry, book, MemoryExchangeLedger(registry, book))


def sql(database: StateDatabase) -> State:
    return State(SqlMeterRegistry(database), SqlIdentityBook(database), SqlExchangeLedger(database))


async def test_the_first_learning_stays_and_later_ones_confirm_it(state: State) -> None:
    later = NOW + timedelta(days=1)
    await state.book.keep([HEARD])
    await state.book.keep([replace(HEARD, learned_at=later, confirmed_at=later, frame=RawFrame(b"", b""))])
    assert await state.book.heard() == [replace(HEARD, confirmed_at=later)]
    assert await state.book.heard_of([1, 2]) == [replace(HEARD, confirmed_at=later)]
    assert await state.book.heard_of([2]) == []


async def test_a_found_meter_is_open_and_the_old_one_superseded(state: State) -> None:
    await state.found()
    (case,) = await state.ledger.cases()
    assert (case.state, case.kind, case.identity, case.opened_at, case.frame) == (
        CaseState.OPEN,
        IdentityFinding.EXCHANGED,
        "700000000009",
        NOW,
        FRAME,
    )
    assert (case.old.id, case.old.state, case.old.superseded_at) == (1, InstallationState.SUPERSEDED, NOW)
    assert (case.new.id, case.new.state, case.new.installed_at) == (3, InstallationState.UNCONFIRMED, NOW)
    assert case.new.meter.serial_number == "700000000009"
    assert (case.new.usage_point, case.new.meter.line) == (case.old.usage_point, case.old.meter.line)
    assert [one.id for one in await state.registry.installations()] == [2, 3]
    assert [one.id for one in await state.registry.installed_between(INSTALLED, NOW)] == [1, 2]
    assert [one.id for one in await state.registry.installed_between(NOW, NOW + timedelta(days=1))] == [1, 2, 3]


async def test_a_place_has_one_open_case(state: State) -> None:
    await state.found()
    with pytest.raises(Conflict, match="not open any more"):
        await state.found()
    assert len(await state.ledger.cases()) == 1


async def test_a_confirmed_case_has_dates_and_registers_and_is_learned(state: State) -> None:
    closed = await state.ledger.confirm(await state.found(), ORDER, NOW)
    assert (closed.state, closed.closed_at, closed.closed_by, closed.note, closed.order) == (
        CaseState.CONFIRMED,
        NOW,
        "li",
        "WO 17",
        ORDER,
    )
    assert (closed.old.removed_at, closed.old.superseded_at, closed.new.installed_at) == (ORDER.at, None, ORDER.at)
    assert [one.identity for one in await state.book.heard()] == ["700000000009"]
    assert [one.id for one in await state.registry.installed_between(NOW, NOW + timedelta(days=1))] == [2, 3]
    with pytest.raises(Conflict, match="no open identity case"):
        await state.ledger.reject(closed.id, "li", "", NOW)


async def test_a_rejected_case_gives_the_place_back(state: State) -> None:
    rejected = await state.ledger.reject(await state.found(), "li", "misread", NOW + timedelta(hours=1))
    assert (rejected.old.state, rejected.old.superseded_at) == (InstallationState.CONFIRMED, None)
    assert (rejected.new.state, rejected.new.removed_at) == (InstallationState.REJECTED, NOW + timedelta(hours=1))
    assert [one.id for one in await state.registry.installations()] == [1, 2]
    assert await state.ledger.cases(CaseState.OPEN) == []
    await state.found()
    assert [one.id for one in await state.ledger.cases(installation_id=1)] == [2, 1]


async def test_crossed_meters_are_the_known_ones_and_both_can_be_confirmed(state: State) -> None:
    await state.found("2", installation=1)
    await state.found("1", installation=2)
    second, first = await state.ledger.cases()
    assert (first.new.meter.serial_number, second.new.meter.serial_number) == (f"{2:012d}", f"{1:012d}")
    for case in (first, second):
        await state.ledger.confirm(case.id, ORDER, NOW)
    assert [one.id for one in await state.registry.installations()] == [3, 4]


async def test_a_meter_that_people_stand_behind_elsewhere_cannot_be_confirmed_twice(state: State) -> None:
    case = await state.found("2")
    with pytest.raises(Conflict, match="another usage point"):
        await state.ledger.confirm(case, ORDER, NOW)
    assert [one.state for one in await state.registry.installations()] == [
        InstallationState.CONFIRMED,
        InstallationState.UNCONFIRMED,
    ]


async def test_an_exchange_before_the_old_meter_came_is_refused(state: State) -> None:
    with pytest.raises(Conflict, match="before the old meter"):
        await state.ledger.confirm(await state.found(), replace(ORDER, at=INSTALLED), NOW)


async def test_a_case_gets_another_name_while_it_is_open(state: State) -> None:
    number = await state.found()
    await state.ledger.rename(number, IdentityFinding.SHARED_ADDRESS)
    assert [case.kind for case in await state.ledger.cases(CaseState.OPEN)] == [IdentityFinding.SHARED_ADDRESS]
    await state.ledger.reject(number, "li", "", NOW)
    with pytest.raises(Conflict):
        await state.ledger.rename(number, IdentityFinding.EXCHANGED)


async def test_the_newest_plan_counts_until_another_meter_is_found(state: State) -> None:
    planned = PlannedExchange(1, "700000000009", NOW + timedelta(days=1), "wang", NOW, Decimal("5000.10"))
    await state.ledger.plan(planned)
    await state.ledger.plan(replace(planned, serial_number="700000000010"))
    (kept,) = await state.ledger.plans()
    assert (kept.serial_number, kept.last_register, kept.first_register) == (
        "700000000010",
        Decimal("5000.10"),
        None,
    )
    await state.found()
    assert await state.ledger.plans() == []
    with pytest.raises(UnknownMeter):
        await state.ledger.plan(replace(planned, installation_id=99))
