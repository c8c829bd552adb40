"""A head-end's collection side on virtual time: the real supervisor, lines, channels, driver, rules and backfill.

Only the ends are of the tests: simulated meters behind faulty lines, the stores in memory, and time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.channel import Channel
from collectors.checked_gateway import CheckedGateway
from collectors.chosen_ways import ChosenWayRoster, absent_by_way
from collectors.collection import Collection
from collectors.driver import Site, StreamDriver
from collectors.drivers.dlt645 import Dlt645Driver
from collectors.gateway import FieldGateway
from collectors.identity import IdentityWatch
from collectors.line_urls import LineUrl
from collectors.lines import LineState, StreamLine
from collectors.plan_runner import InMemoryProgress, PlanRunner
from collectors.profiles import Dlt645Profile
from collectors.quarantine import Quarantine
from collectors.supervisor import ROUND_PAUSE_S, Supervisor
from collectors.transports.pipe import BytePipe
from collectors.ways import WaySteering
from headend import shipped
from headend.bootstrap.gaps import unreadable
from headend.bootstrap.line_journal import LineJournal
from headend.clock_files import clock_terms
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import CustomerClass, Line, MeterInstallation, MeterRegistration, Protocol
from headend.domain.ways import Way
from headend.live_feed import InProcessFeed
from headend.plan_files import PlanFolders, plans_in_force
from headend.ports import ReadingSink, ReadingStore
from headend.queries.gaps import ListGaps
from headend.services.accept_readings import AcceptReadings
from headend.services.backfill_gaps import BackfillGaps
from headend.services.check_identity import CheckIdentity
from headend.services.exchange_meter import REGISTER, ExchangeMeter
from headend.services.follow_clocks import FollowClocks
from headend.services.judge_states import JudgeStates
from headend.services.keep_gap_ledger import KeepGapLedger, LedgerStores
from headend.services.keep_meter_states import KeepMeterStates, StatesHearing
from headend.services.meter_facts import MeterFacts
from headend.state_files import state_terms
from simulators import FleetPlan, SimulatedMeter, build_fleet
from simulators.faces.dlt645_bus import Dlt645Bus
from tests.fakes.all_meters import AllMeters
from tests.fakes.memory_clocks import MemoryClockBook
from tests.fakes.memory_gaps import MemoryGapLedger
from tests.fakes.memory_identity import MemoryExchangeLedger, MemoryIdentityBook
from tests.fakes.memory_states import MemoryStateBook
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.memory_ways import MemoryWayBook
from tests.fakes.virtual_time import VirtualClock
from tests.scenarios.faults import HOUR_S, QUIET, Faults
from tests.scenarios.faulty_line import FaultyLine
from tests.scenarios.indexed_store import IndexedReadingStore
from tests.scenarios.truthful_witness import TruthfulWitness
from tests.scenarios.wire_log import WireLog

ROOT = shipped.config_root()
TYPES = shipped.reading_types(ROOT)
RULES = shipped.rule_book(ROOT)
SHIPPED_PROFILE = shipped.profiles(ROOT, "dlt645", Dlt645Profile)["dlt645-2007"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_ADDRESS = 645_000_000_001
CAPACITY_KVA = {
    CustomerClass.RESIDENTIAL: 40,
    CustomerClass.PROSUMER: 40,
    CustomerClass.COMMERCIAL: 160,
    CustomerClass.INDUSTRIAL: 1000,
    CustomerClass.STREET_LIGHTING: 40,
}
MakeDriver = Callable[[Mapping[str, Dlt645Profile], Site], StreamDriver]
WrapStore = Callable[[IndexedReadingStore], ReadingStore]


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """Who is there, where, from when on, and what goes wrong; `faults_on` is for single lines, counted from 0."""

    seed: int = 1
    lines: int = 4
    meters_per_line: int = 10
    midnight: datetime = datetime(2026, 3, 2, tzinfo=SHANGHAI)
    profile: Dlt645Profile = SHIPPED_PROFILE
    faults: Faults = QUIET
    faults_on: Mapping[int, Faults] = field(default_factory=dict)
    spare_lines: int = 0  # second ways to the meters of the first lines; `faults_on` counts them after the others
    driver: MakeDriver = Dlt645Driver
    memory: timedelta | None = timedelta(days=62)
    store: WrapStore = lambda store: store
    clock: Callable[[datetime], VirtualClock] = VirtualClock
    line_end: Callable[[BytePipe], BytePipe] = lambda pipe: pipe
    own_plans: Path | None = None  # beside and instead of those that ship, as a site has them
    identity_item: Callable[[MeterInstallation], str] = lambda installation: ""  # nobody is asked who answers
    patterns: int = 0
    round_pause_s: float = ROUND_PAUSE_S
    sink: Callable[[ReadingSink], ReadingSink] = lambda sink: sink

    @property
    def zone(self) -> ZoneInfo:
        """Of the site and its meters."""
        assert isinstance(self.midnight.tzinfo, ZoneInfo)
        return self.midnight.tzinfo

    @property
    def start(self) -> datetime:
        """Second zero."""
        return self.midnight.astimezone(UTC)

    def faults_of(self, line: int) -> Faults:
        """What goes wrong on a line."""
        return self.faults_on.get(line, self.faults)


class World:
    """Everything of one scenario, for the test to look into."""

    def __init__(self, plan: WorldPlan) -> None:
        self.plan, self.clock, self.true = plan, plan.clock(plan.start), VirtualClock(plan.start)
        self.witness, self.log = TruthfulWitness(), WireLog()
        self.registry, self.events = MemoryMeterRegistry(), MemoryEventLog()
        self.stored = IndexedReadingStore(TYPES)
        self.store = plan.store(self.stored)
        self.pipes: dict[str, FaultyLine] = {}
        self.buses: dict[str, Dlt645Bus] = {}
        self._buses, self.meters = _fleet(plan)
        spared = list(self._buses.values())[: plan.spare_lines]
        self._spares = {f"tcp://spare-{number}:8899": meters for number, meters in enumerate(spared, start=1)}
        site = Site(TYPES, plan.zone, self.clock.now, set_by=self._set_by)
        self._drivers = {Protocol.DLT645: plan.driver({plan.profile.name: plan.profile}, site)}
        self.journal = LineJournal(self.events, self.clock)
        facts = MeterFacts(self.registry)
        self.clock_book = MemoryClockBook()
        self.follow = FollowClocks(
            self.clock_book, TYPES, clock_terms(ROOT).jumps, clock=self.clock, events=self.events
        )
        self.state_book, terms = MemoryStateBook(), state_terms(ROOT)
        self.states = KeepMeterStates(
            self.state_book, terms.actions, terms.version, clock=self.clock, events=MemoryEventLog()
        )
        self.accept = AcceptReadings(
            self.store,
            RULES,
            facts,
            TYPES,
            clock=self.clock,
            events=self.events,
            feed=InProcessFeed(),
            watchers=[self.follow, JudgeStates(terms.rules.all(), self.states, facts, TYPES)],
        )
        self.sink = plan.sink(self.accept)
        self.exchange, watch = self._identity(facts)
        self.gateway = FieldGateway({"tcp": self._make_line}, self._changing(watch), self.sink, clock=self.clock)
        self.book = MemoryWayBook(self.registry)
        self.ways = WaySteering(self.book, clock=self.clock, events=self.events)
        self.collection = Collection(
            self.gateway,
            self.sink,
            clock=self.clock,
            events=StatesHearing(self.events, self.states),
            quarantine=Quarantine(),
            identity=watch,
            ways=self.ways,
        )
        self.gaps = ListGaps(self.registry, self.store, TYPES, self.clock)
        self.ledger = MemoryGapLedger()
        self.keeper = KeepGapLedger(
            LedgerStores(self.registry, self.store, self.ledger, asyncio.Lock()),
            TYPES,
            zone=plan.zone,
            clock=self.clock,
            absent=absent_by_way(unreadable(self.gateway, lambda: self.collection.silent), self.ways),
        )
        backfill = BackfillGaps(
            ChosenWayRoster(self.registry, self.ways),
            self.keeper,
            self.gaps,
            CheckedGateway(self.gateway, watch),
            self.sink,
            zone=plan.zone,
            clock=self.clock,
            memory=lambda installation: plan.memory,
        )
        plans = plans_in_force(PlanFolders(ROOT / "plans", plan.own_plans, TYPES, plan.zone))
        runner = PlanRunner(
            self.collection,
            self.registry,
            AllMeters(self.registry),
            InMemoryProgress(),
            clock=self.clock,
            events=self.events,
        )
        self.supervisor = Supervisor(
            self.collection, runner, plans, backfill, clock=self.clock, round_pause_s=plan.round_pause_s
        )

    def _identity(self, facts: MeterFacts) -> tuple[ExchangeMeter, IdentityWatch]:
        book = MemoryIdentityBook()
        exchange = ExchangeMeter(
            self.registry,
            MemoryExchangeLedger(self.registry, book),
            self.store,
            self.sink,
            TYPES.by_name(REGISTER),
            clock=self.clock,
            events=self.events,
            changed=facts.forget,
        )
        check = CheckIdentity(self.registry, book, exchange, clock=self.clock, events=self.events)
        return exchange, IdentityWatch(self.plan.identity_item, check, clock=self.clock)

    def _changing(self, watch: IdentityWatch) -> Callable[[str, str | None], None]:
        def line_changed(url: str, reason: str | None) -> None:
            self.journal.line_changed(url, reason)
            watch.line_changed(url, reason)

        return line_changed

    def bus_of(self, installation: MeterInstallation) -> Dlt645Bus:
        """The simulated bus that an installation hangs on, once its line was used."""
        return self.buses[installation.meter.line.url]

    def _set_by(self) -> timedelta:
        return self.clock.now() - self.true.now()

    async def register(self) -> Sequence[MeterInstallation]:
        """Bring the meters into the registry."""
        rows = [_registration(url, meter, self.plan.start) for url, bus in self._buses.items() for meter in bus]
        await self.registry.register(rows)
        return await self._spared(await self.registry.installations())

    async def _spared(self, installations: Sequence[MeterInstallation]) -> Sequence[MeterInstallation]:
        """The meters of the first lines get a second way."""
        reached = {meter.address: url for url, bus in self._spares.items() for meter in bus}
        for one in installations:
            meter = one.meter
            if meter.server_address in reached:
                line, since = Line(0, reached[meter.server_address]), self.plan.start
                way = Way(one.id, 2, meter.protocol, meter.profile, meter.server_address, line, since)
                await self.book.add([way])
        return installations

    async def happened(self, *kinds: EventKind) -> list[EndDeviceEvent]:
        """The events of these kinds, oldest first."""
        events = await self.events.recent(1_000_000)
        return [event for event in reversed(events) if event.kind in kinds]

    def meter_of(self, installation: MeterInstallation) -> SimulatedMeter:
        """The simulated meter of an installation."""
        return self.meters[installation.meter.server_address]

    def _make_line(self, url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> StreamLine:
        buses = {**self._buses, **self._spares}
        name, number = str(url), list(buses).index(str(url))
        bus = self.buses[name] = Dlt645Bus(buses[name], now=self.true.now, witness=self.witness)
        pipe = FaultyLine(name, bus, self.plan.faults_of(number), self.plan.seed, self.log)
        self.pipes[name] = pipe
        return StreamLine(Channel(self.plan.line_end(pipe), self.clock, on_state=on_state), self._drivers)


@asynccontextmanager
async def lines_of(plan: WorldPlan) -> AsyncIterator[World]:
    """A world whose lines work while the block runs; nothing is collected by itself."""
    world = World(plan)
    await world.register()
    owners = [asyncio.create_task(world.gateway.run()), asyncio.create_task(world.journal.run())]
    await world.gateway.is_running.wait()
    try:
        yield world
    finally:
        for owner in owners:
            owner.cancel()
        await asyncio.gather(*owners, return_exceptions=True)


async def live(plan: WorldPlan, hours: float, beside: Callable[[World], Awaitable[None]] | None = None) -> World:
    """Collect on schedule for some hours, with something of the test's going on beside it."""
    async with lines_of(plan) as world:
        collecting = asyncio.create_task(world.supervisor.run())
        others = [asyncio.ensure_future(beside(world))] if beside else []
        done, _ = await asyncio.wait([collecting, *others], timeout=hours * HOUR_S, return_when="FIRST_EXCEPTION")
        for task in (collecting, *others):
            task.cancel()
        await asyncio.gather(collecting, *others, return_exceptions=True)
        for task in done:
            task.result()
    return world


def _fleet(plan: WorldPlan) -> tuple[Mapping[str, Sequence[SimulatedMeter]], Mapping[str, SimulatedMeter]]:
    commissioned = (plan.midnight - timedelta(days=40)).replace(hour=0)
    count = plan.lines * plan.meters_per_line
    meters = build_fleet(FleetPlan(count, str(FIRST_ADDRESS), plan.seed, commissioned, plan.zone, plan.patterns))
    buses = {
        f"tcp://line-{number + 1}:8899": meters[number * plan.meters_per_line : (number + 1) * plan.meters_per_line]
        for number in range(plan.lines)
    }
    return buses, {meter.address: meter for meter in meters}


def _registration(url: str, meter: SimulatedMeter, installed_at: datetime) -> MeterRegistration:
    customer_class = CustomerClass(meter.spec.customer_class)
    return MeterRegistration(
        usage_point=f"UP-{meter.address}",
        customer_class=customer_class,
        capacity_kva=Decimal(CAPACITY_KVA[customer_class]),
        serial_number=meter.address,
        protocol=Protocol.DLT645,
        profile=SHIPPED_PROFILE.name,
        server_address=meter.address,
        line_url=url,
        multiplier=Decimal(1),
        installed_at=installed_at,
    )
