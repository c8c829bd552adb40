"""A head-end for tests of the API: the real services over the in-memory twins, a field that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from api.services import ApiServices
from collectors.plan_runner import InMemoryProgress
from collectors.ways import WaySteering
from headend.alarm_files import alarm_catalogue
from headend.bootstrap.gaps import WRITERS
from headend.clock import SteppedClock, SystemRandom
from headend.clock_files import clock_terms
from headend.domain.collection import MeterAnswer
from headend.domain.line_health import LineHealth
from headend.domain.metering import MeterInstallation, Protocol
from headend.domain.users import Role, User
from headend.exports.csv_file import CsvExporter
from headend.kpi_files import kpi_definitions
from headend.live_feed import InProcessFeed
from headend.plan_files import PlanFolders, plans_in_force
from headend.queries.fleet import ShowFleet
from headend.queries.gap_days import ShowGapDays
from headend.queries.gap_ledger import ShowGapLedger
from headend.queries.gaps import ListGaps
from headend.queries.grid import ShowGrid
from headend.queries.health import ShowHealth
from headend.queries.identity import ShowIdentity
from headend.queries.kpi import ShowKpis
from headend.queries.lines import ShowLines
from headend.queries.meter import ShowMeter
from headend.queries.plans import ShowPlans
from headend.queries.ways import ShowWays
from headend.rules.book import RuleBook
from headend.services.accept_readings import AcceptReadings
from headend.services.close_billing_period import CloseBillingPeriod
from headend.services.compute_kpis import ComputeKpis, KpiStores
from headend.services.correct_clock import ClockFiles, CorrectClock
from headend.services.decide_drafts import DecideDrafts
from headend.services.design_routes import DesignRoutes
from headend.services.edit_ways import EditWays
from headend.services.enter_reading import EnterReading, KeepFieldReadings
from headend.services.exchange_meter import REGISTER, ExchangeMeter
from headend.services.export_billing import ExportBilling
from headend.services.export_tables import ExportSources, ExportTables
from headend.services.follow_clocks import FollowClocks
from headend.services.import_meters import ImportMeters
from headend.services.import_readings import ImportReadings
from headend.services.import_routes import ImportRoutes
from headend.services.import_topology import ImportTopology
from headend.services.keep_gap_ledger import KeepGapLedger, LedgerStores
from headend.services.meter_facts import MeterFacts
from headend.services.park_meters import ParkMeters
from headend.services.plan_meters import PlanMeters
from headend.services.read_now import ReadNow
from headend.services.sign_in import SignIn
from headend.services.special_reads import ReadOnSpecialDates
from headend.shipped import config_root
from headend.stores.series_intervals import SeriesIntervals
from tests.fakes.batches import shipped_types
from tests.fakes.memory_clocks import KnownAccess, MemoryClockBook, ScriptedSetter
from tests.fakes.memory_day_facts import MemoryDayFacts
from tests.fakes.memory_gaps import MemoryGapLedger
from tests.fakes.memory_grid import MemoryFleetBook, MemoryKpiLedger, MemoryParkings, MemoryTopology
from tests.fakes.memory_identity import MemoryExchangeLedger, MemoryIdentityBook
from tests.fakes.memory_plans import MemoryRoutes, MemorySpecialReads
from tests.fakes.memory_states import MemoryStateBook
from tests.fakes.memory_stores import (
    MemoryBillingLedger,
    MemoryEventLog,
    MemoryMeterRegistry,
    MemoryReadingStore,
    MemoryUserDirectory,
)
from tests.fakes.memory_ways import MemoryFieldReadingBook, MemoryWayBook

NOW = datetime(2026, 11, 24, 3, 7, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


class QuickPasswords:
    """Passwords port that hashes nothing."""

    async def hash(self, password: str) -> str:
        return f"plain {password}"

    async def verify(self, kept: str | None, password: str) -> bool:
        return kept == f"plain {password}"


class ScriptedGateway:
    """MeterGateway port: `answer` makes the answer to a read, or raises."""

    def __init__(self) -> None:
        self.answer: Callable[[MeterInstallation, Sequence[str]], MeterAnswer] | Exception | None = None
        self.asked: list[tuple[int, Sequence[str]]] = []

    async def read(self, installation: MeterInstallation, items: Sequence[str], deadline_s: float) -> MeterAnswer:
        self.asked.append((installation.id, items))
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer(installation, items)

    async def read_daily_freeze(self, installation: MeterInstallation, days: Sequence[int]) -> MeterAnswer:
        return MeterAnswer(installation, (), ())

    async def read_load_profile(self, installation: MeterInstallation, start: datetime, slots: int) -> MeterAnswer:
        return MeterAnswer(installation, (), ())


class WatchedLines:
    """LineWatch port: as a test says."""

    def __init__(self) -> None:
        self.told: dict[str, LineHealth] = {}
        self.silent: frozenset[int] = frozenset()

    def health(self) -> Mapping[str, LineHealth]:
        return self.told


def _any_route(protocol: Protocol, address: str, url: str, profile: str) -> tuple[str, str]:
    return address, url


@dataclass
class Site:
    """Twins that a test can look into, and the services over them."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    registry: MemoryMeterRegistry = field(default_factory=MemoryMeterRegistry)
    readings: MemoryReadingStore = field(default_factory=lambda: MemoryReadingStore(shipped_types()))
    ledger: MemoryBillingLedger = field(default_factory=MemoryBillingLedger)
    events: MemoryEventLog = field(default_factory=MemoryEventLog)
    gaps: MemoryGapLedger = field(default_factory=MemoryGapLedger)
    users: MemoryUserDirectory = field(default_factory=MemoryUserDirectory)
    gateway: ScriptedGateway = field(default_factory=ScriptedGateway)
    feed: InProcessFeed = field(default_factory=InProcessFeed)

    def __post_init__(self) -> None:
        self.types, clock = shipped_types(), self.clock
        self.topology, self.parkings = MemoryTopology(self.registry), MemoryParkings(self.registry)
        self.kpis = MemoryKpiLedger()
        self.watched = WatchedLines()
        definitions = kpi_definitions(config_root(), self.types)
        kpi_stores = KpiStores(
            book=MemoryFleetBook(self.registry, self.topology),
            parkings=self.parkings,
            facts=MemoryDayFacts(self.readings),
            ledger=self.kpis,
            is_spooling=lambda: False,
        )
        facts = MeterFacts(self.registry)
        book = RuleBook([])
        self.accept = AcceptReadings(
            self.readings, book, facts, self.types, clock=clock, events=self.events, feed=self.feed
        )
        self.identities = MemoryIdentityBook()
        self.exchanges = MemoryExchangeLedger(self.registry, self.identities)
        self.exchange = ExchangeMeter(
            self.registry,
            self.exchanges,
            self.readings,
            self.accept,
            self.types.by_name(REGISTER),
            clock=clock,
            events=self.events,
            changed=facts.forget,
        )
        self.sign_in = SignIn(self.users, QuickPasswords(), random=SystemRandom(), clock=clock, events=self.events)
        gaps = ListGaps(self.registry, self.readings, self.types, clock, self.parkings)
        ledger_stores = LedgerStores(self.registry, self.readings, self.gaps, asyncio.Lock(), self.parkings)
        self.keep_gaps = KeepGapLedger(ledger_stores, self.types, zone=ZONE, clock=clock)
        intervals = SeriesIntervals(self.registry, self.readings)
        exported = ExportSources(self.registry, self.gaps, self.parkings, intervals)
        self.routes, self.special = MemoryRoutes(), MemorySpecialReads()
        self.plans = plans_in_force(PlanFolders(config_root() / "plans", None, self.types, ZONE))
        plan_meters = PlanMeters(
            self.registry, self.topology, self.routes, self.special, zone=ZONE, clock=clock, events=self.events
        )
        self.ways, self.field_readings = MemoryWayBook(self.registry), MemoryFieldReadingBook()
        self.steering = WaySteering(self.ways, clock=clock, events=self.events)
        keep = KeepFieldReadings(self.field_readings, self.accept, self.types, clock)
        self.clock_book, self.setter = MemoryClockBook(), ScriptedSetter()
        self.states = MemoryStateBook()
        terms = clock_terms(config_root())
        self.follow = FollowClocks(self.clock_book, self.types, terms.jumps, clock=clock, events=self.events)
        self.services = ApiServices(
            site_name="Test site",
            zone=ZONE,
            clock=clock,
            types=self.types,
            registry=self.registry,
            events=self.events,
            ledger=self.ledger,
            feed=self.feed,
            sign_in=self.sign_in,
            show_fleet=ShowFleet(self.registry, self.readings, zone=ZONE, clock=clock, parkings=self.parkings),
            show_meter=ShowMeter(self.registry, self.readings, self.events, self.types),
            show_health=ShowHealth(self.registry, self.readings, lambda: False, clock),
            list_gaps=gaps,
            show_gap_days=ShowGapDays(gaps, self.registry, zone=ZONE, clock=clock),
            show_gap_ledger=ShowGapLedger(self.registry, self.gaps, self.parkings, self.types, clock=clock),
            keep_gap_ledger=self.keep_gaps,
            export_tables=ExportTables(exported, self.types, WRITERS, clock=clock),
            read_now=ReadNow(self.registry, self.gateway, self.accept),
            close_billing=CloseBillingPeriod(
                self.registry, self.readings, self.ledger, self.types, zone=ZONE, clock=clock, events=self.events
            ),
            export_billing=ExportBilling(self.ledger, {"csv": CsvExporter()}),
            import_meters=ImportMeters(
                self.registry, _any_route, zone=ZONE, clock=clock, events=self.events, changed=facts.forget
            ),
            show_grid=ShowGrid(self.topology, self.registry),
            import_topology=ImportTopology(self.topology, self.registry, zone=ZONE, clock=clock, events=self.events),
            park_meters=ParkMeters(self.registry, self.parkings, clock=clock, events=self.events),
            exchange_meter=self.exchange,
            correct_clock=CorrectClock(
                self.registry,
                ReadNow(self.registry, self.gateway, self.accept),
                self.setter,
                self.clock_book,
                self.follow,
                ClockFiles(terms.correction, KnownAccess(), ZONE),
                clock=clock,
                events=self.events,
            ),
            decide_drafts=DecideDrafts(self.states, clock),
            show_identity=ShowIdentity(self.registry, self.identities, self.exchanges),
            compute_kpis=ComputeKpis(definitions, kpi_stores, self.types, zone=ZONE, clock=clock, events=self.events),
            show_kpis=ShowKpis(definitions, self.kpis, self.registry),
            edit_ways=EditWays(
                self.registry,
                self.ways,
                _any_route,
                zone=ZONE,
                clock=clock,
                events=self.events,
                changed=self.steering.forget,
            ),
            show_ways=ShowWays(self.registry, self.ways, self.steering, self.field_readings, clock),
            import_readings=ImportReadings(
                self.registry, self.readings, keep, self.types, zone=ZONE, clock=clock, events=self.events
            ),
            enter_reading=EnterReading(self.registry, keep, self.types, clock=clock, events=self.events),
            alarms=alarm_catalogue(config_root()),
            show_plans=ShowPlans(self.plans, plan_meters, InMemoryProgress()),
            special_reads=ReadOnSpecialDates(
                self.special, self.registry, self.gateway, self.accept, zone=ZONE, clock=clock, events=self.events
            ),
            design_routes=DesignRoutes(
                self.routes, self.registry, lambda: self.watched.silent, clock=clock, events=self.events
            ),
            import_routes=ImportRoutes(self.routes, self.registry, clock=clock, events=self.events),
            show_lines=ShowLines(
                self.registry, self.watched, lambda: self.watched.silent, parkings=self.parkings, clock=clock
            ),
        )

    def token_of(self, role: Role) -> str:
        """A session token of a user who has this role."""
        return asyncio.run(self._signed_in(role))

    async def _signed_in(self, role: Role) -> str:
        if await self.users.user_named(role) is None:
            await self.users.add_user(User(role, role, "plain secret"))
        return (await self.sign_in.sign_in(role, "secret"))[0]
