"""What topology, parkings, fleet book and KPI ledger promise, over the memory twins, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from headend.domain.errors import Conflict, StoreUnavailable, UnknownKpi, UnknownMeter, UnknownNode
from headend.domain.instants import to_us
from headend.domain.kpi import KpiDay, KpiEvidence, KpiFigure, MetricDay, ScopeKind
from headend.domain.metering import CUSTOMER_CLASSES, CustomerClass
from headend.domain.parking import Parking, ParkingReason
from headend.domain.topology import NodeKind, NodePlacement, Phase, Placement, SupplyPlacement
from headend.ports import FleetBook, KpiLedger, MeterRegistry, Parkings, Topology
from headend.stores.state import (
    SqlFleetBook,
    SqlKpiLedger,
    SqlMeterRegistry,
    SqlParkings,
    SqlTopology,
    StateDatabase,
)
from tests.fakes.memory_grid import MemoryFleetBook, MemoryKpiLedger, MemoryParkings, MemoryTopology
from tests.fakes.memory_stores import MemoryMeterRegistry
from tests.fakes.meters import INSTALLED, registration

pytestmark = pytest.mark.asyncio
ZONE = ZoneInfo("Asia/Shanghai")
DAY = MetricDay.of(date(2026, 11, 23), ZONE)
MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))


@dataclass(frozen=True, slots=True)
class State:
    """The ports of one state store."""

    registry: MeterRegistry
    topology: Topology
    parkings: Parkings
    book: FleetBook
    kpis: KpiLedger


def memory() -> State:
    registry = MemoryMeterRegistry()
    topology = MemoryTopology(registry)
    book = MemoryFleetBook(registry, topology)
    return State(registry, topology, MemoryParkings(registry), book, MemoryKpiLedger())


def sql(database: StateDatabase) -> State:
    return State(
        SqlMeterRegistry(database),
        SqlTopology(database),
        SqlParkings(database),
        SqlFleetBook(database),
        SqlKpiLedger(database),
    )


@pytest.fixture
def state(state_database: StateDatabase | None) -> State:
    return memory() if state_database is None else sql(state_database)


def node(kind: NodeKind, name: str, parent: str = "", since: datetime = MAY) -> NodePlacement:
    return NodePlacement(kind, name, parent, since)


def supply(number: int, box: str, since: datetime = MAY, phase: Phase = Phase.A) -> SupplyPlacement:
    return SupplyPlacement(f"UP-{number:04d}", NodeKind.METER_BOX, box, phase, since)


TREE: tuple[Placement, ...] = (
    node(NodeKind.SUBSTATION, "North"),
    node(NodeKind.FEEDER, "F1", "North"),
    node(NodeKind.TRANSFORMER, "T1", "F1"),
    node(NodeKind.TRANSFORMER, "T2", "F1"),
    node(NodeKind.METER_BOX, "B1", "T1"),
    node(NodeKind.METER_BOX, "B2", "T2"),
)


async def grown(state: State) -> None:
    await state.registry.register([registration(n) for n in (1, 2, 3)])
    await state.topology.place([*TREE, supply(1, "B1"), supply(2, "B1", phase=Phase.B), supply(3, "B2")])


async def point_ids(state: State) -> list[int]:
    return [one.usage_point.id for one in await state.registry.installations()]


class TestTopology:
    """Who feeds whom, and since when."""

    async def test_members_far_below_and_the_path_far_above(self, state: State) -> None:
        await grown(state)
        points = await point_ids(state)
        north = await state.topology.node(NodeKind.SUBSTATION, "North")
        assert (await state.topology.members(north.id, JUNE)).tolist() == points
        first = await state.topology.node(NodeKind.TRANSFORMER, "T1")
        assert (await state.topology.members(first.id, JUNE)).tolist() == points[:2]
        path = await state.topology.path(points[1], JUNE)
        assert [one.name for one in path.nodes] == ["B1", "T1", "F1", "North"]
        assert path.phase is Phase.B

    async def test_a_move_closes_one_link_and_opens_another_at_the_same_instant(self, state: State) -> None:
        await grown(state)
        points = await point_ids(state)
        assert await state.topology.place([supply(1, "B2", JULY)]) == 1
        second = await state.topology.node(NodeKind.TRANSFORMER, "T2")
        moment = timedelta(microseconds=1)
        assert (await state.topology.members(second.id, JULY - moment)).tolist() == points[2:]
        assert (await state.topology.members(second.id, JULY)).tolist() == [points[0], points[2]]
        old, new = await state.topology.history(points[0])
        assert (old.node.name, old.valid_from, old.valid_to) == ("B1", MAY, JULY)
        assert (new.node.name, new.valid_from, new.valid_to) == ("B2", JULY, None)

    async def test_a_whole_transformer_moves_with_all_below_it(self, state: State) -> None:
        await grown(state)
        points = await point_ids(state)
        await state.topology.place(
            [node(NodeKind.FEEDER, "F2", "North", JULY), node(NodeKind.TRANSFORMER, "T1", "F2", JULY)]
        )
        feeder = await state.topology.node(NodeKind.FEEDER, "F2")
        assert (await state.topology.members(feeder.id, JULY)).tolist() == points[:2]
        assert (await state.topology.members(feeder.id, JUNE)).tolist() == []

    async def test_before_the_first_date_nothing_is_known(self, state: State) -> None:
        await grown(state)
        [first, *_] = await point_ids(state)
        assert (await state.topology.path(first, MAY - timedelta(seconds=1))).nodes == ()

    async def test_the_same_again_is_no_change_but_another_phase_is(self, state: State) -> None:
        await grown(state)
        assert await state.topology.place([*TREE, supply(1, "B1", JUNE)]) == 0
        assert await state.topology.place([supply(1, "B1", JUNE, Phase.C)]) == 1

    async def test_a_change_that_begins_too_early_changes_nothing_at_all(self, state: State) -> None:
        await grown(state)
        points = await point_ids(state)
        with pytest.raises(Conflict, match="placement 2"):
            await state.topology.place([supply(2, "B2", JULY), supply(1, "B9", MAY)])
        assert (await state.topology.path(points[1], JULY)).nodes[0].name == "B1"
        assert [one.name for one in await state.topology.nodes(NodeKind.METER_BOX)] == ["B1", "B2"]

    async def test_unknown_usage_points_and_nodes_are_errors_of_their_own(self, state: State) -> None:
        with pytest.raises(Conflict, match="no usage point UP-0009"):
            await state.topology.place([supply(9, "B1")])
        with pytest.raises(UnknownNode):
            await state.topology.node(NodeKind.FEEDER, "nowhere")

    async def test_a_registration_brings_its_supply_or_nothing(self, state: State) -> None:
        await grown(state)
        await state.registry.register([registration(4, supply=(supply(4, "B2"),))])
        assert (await state.topology.path((await point_ids(state))[3], JUNE)).nodes[0].name == "B2"
        wrong = registration(5, supply=(node(NodeKind.METER_BOX, "B1", "T2", MAY), supply(5, "B1")))
        with pytest.raises(Conflict, match="fed otherwise since"):
            await state.registry.register([wrong])
        assert len(await state.registry.installations()) == 4


def parked(number: int = 1, since: datetime = MAY, until: datetime | None = None) -> Parking:
    return Parking(number, ParkingReason.UNDER_REPAIR, "note", "ann", since, until)


class TestParkings:
    """Who is parked, and was."""

    async def test_parked_until_somebody_ends_it(self, state: State) -> None:
        await grown(state)
        kept = await state.parkings.park(parked())
        assert list(await state.parkings.between(JUNE, JULY)) == [kept]
        ended = await state.parkings.end(1, JUNE, "bob")
        assert (ended.ended_at, ended.ended_by) == (JUNE, "bob")
        assert list(await state.parkings.between(JUNE, JULY)) == []
        assert list(await state.parkings.history(1)) == [ended]
        with pytest.raises(Conflict, match="not parked"):
            await state.parkings.end(1, JUNE, "bob")

    async def test_it_comes_back_by_itself(self, state: State) -> None:
        await grown(state)
        await state.parkings.park(parked(until=JUNE))
        assert list(await state.parkings.end_expired(JUNE - timedelta(seconds=1))) == []
        [ended] = await state.parkings.end_expired(JUNE)
        assert (ended.ended_at, ended.ended_by) == (JUNE, "")
        assert list(await state.parkings.end_expired(JULY)) == []
        assert list(await state.parkings.between(JUNE, JULY)) == []

    async def test_one_parking_at_a_time_and_newest_first(self, state: State) -> None:
        await grown(state)
        await state.parkings.park(parked(until=JUNE))
        with pytest.raises(Conflict, match="parked already"):
            await state.parkings.park(parked(since=MAY + timedelta(days=1)))
        await state.parkings.park(parked(since=JULY))
        assert [one.since for one in await state.parkings.history(1)] == [JULY, MAY]

    async def test_only_installed_meters_can_be_parked(self, state: State) -> None:
        with pytest.raises(UnknownMeter):
            await state.parkings.park(parked(99))


class TestFleetBook:
    """The fleet as columns."""

    async def test_every_meter_stands_where_it_stood_when_the_day_ended(self, state: State) -> None:
        await state.registry.register(
            [
                registration(1, customer_class=CustomerClass.INDUSTRIAL),
                registration(2, line_url="tcp://10.0.0.1:8899"),
                registration(3, installed_at=DAY.end + timedelta(days=1)),
            ]
        )
        await state.topology.place([*TREE, supply(1, "B1"), supply(2, "B1")])
        await state.topology.place([supply(1, "B2", DAY.start + timedelta(hours=5)), supply(2, "B2", DAY.end)])
        fleet = await state.book.fleet_on(DAY)
        assert fleet.installation.tolist() == [1, 2, 3]
        assert fleet.installed_at[:2].tolist() == [to_us(INSTALLED)] * 2
        names = await state.book.names(ScopeKind.TRANSFORMER)
        assert [names.get(one) for one in fleet.transformer.tolist()] == ["T2", "T1", None]
        lines = await state.book.names(ScopeKind.LINE)
        assert [lines[one] for one in fleet.line.tolist()][:2] == ["tcp://10.0.0.1:8899"] * 2
        assert CUSTOMER_CLASSES[fleet.customer_class[0]] is CustomerClass.INDUSTRIAL
        assert fleet.feeder.tolist()[0] == fleet.feeder.tolist()[1] > 0 > fleet.feeder.tolist()[2]

    async def test_an_empty_fleet_has_empty_columns(self, state: State) -> None:
        assert len((await state.book.fleet_on(DAY)).transformer) == 0


def evidence() -> KpiEvidence:
    column = np.array([1, 2**40, -1], np.int64)
    return KpiEvidence(*[column + n for n in range(9)])


def figures(numerator: int) -> list[KpiFigure]:
    return [
        KpiFigure(ScopeKind.UTILITY, 0, "", numerator, 4, 1),
        KpiFigure(ScopeKind.LINE, 7, "tcp://a:1", numerator, 2, 0),
    ]


COMPUTED = KpiDay("coverage", 1, "d" * 64, DAY.on, JUNE, "ann")


class TestKpiLedger:
    """Figures that stay."""

    async def test_figures_and_evidence_come_back_exactly(self, state: State) -> None:
        kept = await state.kpis.keep(COMPUTED, figures(3), evidence())
        [point] = await state.kpis.points(DAY.on, DAY.on, ScopeKind.UTILITY)
        assert (point.computed, point.figure) == (kept, figures(3)[0])
        for mine, theirs in zip(evidence().columns(), (await state.kpis.evidence(kept.id)).columns(), strict=True):
            assert mine.tolist() == theirs.tolist()

    async def test_the_newest_computation_is_in_force_and_the_older_ones_stay(self, state: State) -> None:
        first = await state.kpis.keep(COMPUTED, figures(3), evidence())
        second = await state.kpis.keep(replace(COMPUTED, version=2, digest="e" * 64), figures(4), evidence())
        assert list(await state.kpis.computations("coverage", DAY.on)) == [second, first]
        assert [p.figure.numerator for p in await state.kpis.points(DAY.on, DAY.on, ScopeKind.LINE)] == [4]
        assert await state.kpis.digest_of("coverage", 1) == "d" * 64
        assert await state.kpis.digest_of("coverage", 3) is None

    async def test_days_are_told_apart_and_in_order(self, state: State) -> None:
        for back in (0, 2, 1):
            await state.kpis.keep(replace(COMPUTED, day=DAY.on - timedelta(days=back)), figures(back), evidence())
        points = await state.kpis.points(DAY.on - timedelta(days=1), DAY.on, ScopeKind.UTILITY)
        assert [p.figure.numerator for p in points] == [1, 0]

    async def test_no_evidence_is_an_error_of_its_own(self, state: State) -> None:
        with pytest.raises(UnknownKpi):
            await state.kpis.evidence(1)


@pytest.mark.parametrize("kind", ["memory", "closed"])
async def test_a_store_that_is_away_says_so_to_everything(kind: str) -> None:
    state = memory() if kind == "memory" else sql(StateDatabase("sqlite:///never-opened.sqlite"))
    for port in (state.registry, state.topology, state.parkings, state.kpis):
        port.is_down = True  # type: ignore[union-attr]  # the twins' switch; the real ones are closed
    for question in (
        state.topology.place([]),
        state.topology.nodes(),
        state.topology.members(1, MAY),
        state.topology.path(1, MAY),
        state.parkings.park(parked()),
        state.parkings.end_expired(MAY),
        state.parkings.between(MAY, JUNE),
        state.kpis.keep(COMPUTED, [], evidence()),
        state.kpis.points(DAY.on, DAY.on, ScopeKind.UTILITY),
        state.kpis.digest_of("coverage", 1),
    ):
        with pytest.raises(StoreUnavailable):
            await question
