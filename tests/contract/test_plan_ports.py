"""What routes, special reads and plan progress promise, over the memory twins, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from collectors.plan_runner import InMemoryProgress
from headend.domain.errors import Conflict, UnknownRoute, UnknownSpecialRead
from headend.domain.routes import Place, Route, RouteKind, RoutePlan, RouteStop
from headend.domain.special_reads import SpecialRead, SpecialReason, SpecialState
from headend.ports import PlanProgress, Routes, SpecialReads
from headend.stores.state import SqlPlanProgress, SqlRoutes, SqlSpecialReads, StateDatabase
from tests.fakes.memory_plans import MemoryRoutes, MemorySpecialReads

pytestmark = pytest.mark.asyncio
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
BUS = Route(
    "Bus 1",
    RouteKind.BUS,
    (RouteStop("UP-2", minutes=0.005, rate=9600), RouteStop("UP-1")),
    RoutePlan("Li Na", time(22), time(23, 30), date(2026, 1, 1), date(2027, 1, 1)),
    line_url="tcp://gateway:8899",
)
WALK = Route(
    "Old town",
    RouteKind.WALK,
    (RouteStop("BOX-1", Place(0.1, -7.25), 3.5, "Wang"), RouteStop("BOX-2", Place(100.0, 3e-9), 0.0)),
    readers=("Wang", "Zhang"),
)
ORDER = SpecialRead("UP-1", JUNE, SpecialReason.CONTRACT_END, "clerk", JUNE - timedelta(days=9), "moves out")


@dataclass(frozen=True, slots=True)
class State:
    """The ports of one state store."""

    routes: Routes
    special: SpecialReads
    progress: PlanProgress


@pytest.fixture
def state(state_database: StateDatabase | None) -> State:
    if state_database is None:
        return State(MemoryRoutes(), MemorySpecialReads(), InMemoryProgress())
    return State(SqlRoutes(state_database), SqlSpecialReads(state_database), SqlPlanProgress(state_database))


async def test_a_route_comes_back_as_it_was(state: State) -> None:
    await state.routes.add([WALK, BUS])
    assert [replace(route, id=0) for route in await state.routes.all()] == [BUS, WALK]
    assert replace(await state.routes.route("Old town"), id=0) == WALK


async def test_routes_are_added_all_or_none(state: State) -> None:
    await state.routes.add([BUS])
    with pytest.raises(Conflict):
        await state.routes.add([WALK, BUS])
    assert [route.name for route in await state.routes.all()] == ["Bus 1"]


async def test_a_change_counts_and_a_stale_one_is_refused(state: State) -> None:
    await state.routes.add([BUS])
    turned = replace(BUS, stops=BUS.stops[::-1])
    kept = await state.routes.change(turned)
    assert (kept.version, [stop.name for stop in kept.stops]) == (2, ["UP-1", "UP-2"])
    with pytest.raises(Conflict, match="meanwhile"):
        await state.routes.change(BUS)
    assert (await state.routes.route("Bus 1")).stops == turned.stops


async def test_a_route_that_is_gone_is_unknown(state: State) -> None:
    await state.routes.add([BUS])
    await state.routes.remove("Bus 1")
    for asking in (state.routes.route("Bus 1"), state.routes.remove("Bus 1"), state.routes.change(BUS)):
        with pytest.raises(UnknownRoute):
            await asking


async def test_only_buses_order_their_lines(state: State) -> None:
    await state.routes.add([BUS, WALK])
    assert await state.routes.bus_orders() == {"tcp://gateway:8899": {"UP-2": 0, "UP-1": 1}}


async def test_a_special_read_comes_back_as_it_was(state: State) -> None:
    other = replace(ORDER, instead_of_plan="monthly", instead_of_day=date(2026, 6, 2), due_at=JUNE + timedelta(days=3))
    kept = [await state.special.add(ORDER), await state.special.add(other)]
    assert [await state.special.one(one.id) for one in kept] == kept
    assert await state.special.open_until(JUNE) == [kept[0]]
    assert await state.special.newest(9) == kept[::-1]


async def test_one_open_read_for_a_point_and_an_instant(state: State) -> None:
    first = await state.special.add(ORDER)
    with pytest.raises(Conflict):
        await state.special.add(ORDER)
    await state.special.end(replace(first, state=SpecialState.CANCELLED, ended_at=JUNE, outcome="x"))
    assert (await state.special.add(ORDER)).id != first.id


async def test_a_read_ends_once(state: State) -> None:
    kept = await state.special.add(ORDER)
    done = replace(kept, state=SpecialState.DONE, ended_at=JUNE, outcome="1 register")
    assert await state.special.end(done) == done == await state.special.one(kept.id)
    with pytest.raises(Conflict):
        await state.special.end(done)
    with pytest.raises(UnknownSpecialRead):
        await state.special.one(4711)
    assert await state.special.open_until(JUNE) == []


async def test_a_plan_leaves_out_who_has_another_date_that_day(state: State) -> None:
    kept = await state.special.add(replace(ORDER, instead_of_plan="monthly", instead_of_day=date(2026, 6, 2)))
    assert await state.special.instead_of("monthly", date(2026, 6, 2)) == {"UP-1"}
    assert await state.special.instead_of("monthly", date(2026, 6, 3)) == frozenset()
    assert await state.special.instead_of("daily", date(2026, 6, 2)) == frozenset()
    await state.special.end(replace(kept, state=SpecialState.CANCELLED, ended_at=JUNE, outcome=""))
    assert await state.special.instead_of("monthly", date(2026, 6, 2)) == frozenset()


async def test_progress_never_goes_back(state: State) -> None:
    assert await state.progress.last("a") is None
    await state.progress.done("a", JUNE)
    await state.progress.done("a", JUNE - timedelta(days=1))
    assert (await state.progress.last("a"), await state.progress.last("b")) == (JUNE, None)
