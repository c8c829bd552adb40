"""A head-end put together: stores, field and services of one site. `run()` collects; without it nothing is polled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.checked_gateway import CheckedGateway
from collectors.chosen_ways import ChosenWayGateway, ChosenWayRoster, absent_by_way
from collectors.collection import Collection
from collectors.gateway import FieldGateway
from collectors.gather import GatherReadings
from collectors.quarantine import Quarantine
from collectors.supervisor import Supervisor
from collectors.ways import HeardSink, WaySteering
from headend import shipped
from headend.bootstrap.broker_identifier import broker_identifier
from headend.bootstrap.clocks import Clocks, build_clocks, follow_clocks
from headend.bootstrap.field import Field, build_field
from headend.bootstrap.gaps import Gaps, build_gaps, memory_depths, unreadable
from headend.bootstrap.grid import Grid, build_grid
from headend.bootstrap.identity import Identity, build_identity
from headend.bootstrap.kpis import Kpis, build_kpis
from headend.bootstrap.planning import Asking, Planning, build_planning, sources_of
from headend.bootstrap.shards import with_shards
from headend.bootstrap.states import Listening, States, open_listening
from headend.bootstrap.stores import Stores, open_stores
from headend.bootstrap.ways import Ways, build_steering, build_ways
from headend.clock import SystemRandom
from headend.domain.errors import StoreUnavailable
from headend.domain.reading_types import ReadingTypeTable
from headend.exports.csv_file import CsvExporter
from headend.kpi_files import kpi_definitions
from headend.live_feed import InProcessFeed
from headend.passwords import Argon2Passwords
from headend.ports import Clock, Exporter
from headend.queries.fleet import ShowFleet
from headend.queries.gaps import ListGaps
from headend.queries.meter import ShowMeter
from headend.rules.book import RuleBook
from headend.services.accept_readings import AcceptReadings
from headend.services.backfill_gaps import BackfillGaps
from headend.services.close_billing_period import CloseBillingPeriod
from headend.services.compare_ways import CompareWays
from headend.services.export_billing import ExportBilling
from headend.services.follow_clocks import FollowClocks
from headend.services.import_meters import ImportMeters
from headend.services.meter_facts import MeterFacts
from headend.services.read_now import ReadNow
from headend.services.sign_in import SignIn
from headend.settings import Settings

EXPORTERS: dict[str, Exporter] = {"csv": CsvExporter()}
DRAIN_EVERY_S, CHECKPOINT_EVERY_S = 2.0, 600.0


@dataclass(frozen=True, slots=True)
class HeadEnd:
    """The parts that commands and the API use."""

    settings: Settings
    field: Field
    clock: Clock
    stores: Stores
    feed: InProcessFeed
    gateway: FieldGateway
    gather: GatherReadings
    collection: Collection
    supervisor: Supervisor
    read_now: ReadNow
    backfill: BackfillGaps
    close_billing: CloseBillingPeriod
    export_billing: ExportBilling
    import_meters: ImportMeters
    sign_in: SignIn
    show_fleet: ShowFleet
    show_meter: ShowMeter
    list_gaps: ListGaps
    gaps: Gaps
    identity: Identity
    clocks: Clocks
    grid: Grid
    kpis: Kpis
    listening: Listening
    planning: Planning
    ways: Ways

    @property
    def types(self) -> ReadingTypeTable:
        """Reading types of the site."""
        return self.field.types

    @property
    def states(self) -> States:
        """Of meters, and what people decide about them."""
        return self.listening.states

    async def run(self) -> None:
        """Own the lines, collect on schedule, keep the stores tidy, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.run_lines())
            await self.gateway.is_running.wait()
            await self._watch_meters()
            group.create_task(self.supervisor.run())
            group.create_task(self._tidy_stores())
            group.create_task(self.kpis.nightly.run(), name="kpis")
            group.create_task(self.clocks.follow.run(), name="clocks")
            if self.clocks.is_automatic:
                group.create_task(self.clocks.correct.run(), name="clock correction")

    async def run_lines(self) -> None:
        """Own the lines, note their ups and downs, and keep what they bring, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.gather.run())
            group.create_task(self.gateway.run())
            group.create_task(self.field.shards.run(), name="shards")
            group.create_task(self.listening.journal.run())

    async def _watch_meters(self) -> None:
        """Listen for what meters report by themselves from the start on; each collection pass brings it up to date."""
        while True:
            try:
                await self.ways.steering.refresh()
                return self.gateway.watch(self.ways.steering.every(await self.stores.registry.installations()))
            except StoreUnavailable:
                await self.clock.sleep(1.0)

    async def _tidy_stores(self) -> None:
        next_checkpoint = self.clock.monotonic() + CHECKPOINT_EVERY_S
        while True:
            await self.clock.sleep(DRAIN_EVERY_S)
            if self.stores.readings.is_spooling:
                await self.stores.readings.drain()
            elif self.clock.monotonic() >= next_checkpoint:
                next_checkpoint = self.clock.monotonic() + CHECKPOINT_EVERY_S
                try:
                    await self.stores.engine.checkpoint()
                except StoreUnavailable:
                    continue  # the next append will tell


@asynccontextmanager
async def open_head_end(settings: Settings, directory: Path, clock: Clock) -> AsyncIterator[HeadEnd]:
    """A head-end on an open data directory; ConfigError or StoreUnavailable says why not."""
    root = shipped.config_root()
    identifier = broker_identifier(directory, SystemRandom())
    async with open_stores(directory, shipped.reading_types(root), clock, settings.data) as stores:
        listening = await open_listening(stores, clock)
        field = build_field(root, settings.zone, clock, identifier, listening.journal.meter_told)
        field = with_shards(field, settings, listening.journal)
        definitions = kpi_definitions(root, field.types)
        grid = build_grid(stores, settings.zone, clock)
        kpis = build_kpis(definitions, stores, field.types, settings.zone, clock)
        head_end = _assemble(settings, listening, field, shipped.rule_book(root), stores, grid, kpis)
        await head_end.clocks.follow.load()
        try:
            yield head_end
        finally:
            await head_end.clocks.follow.save()


@dataclass(frozen=True, slots=True)
class _Collecting:
    """What asks meters and keeps what they say."""

    facts: MeterFacts
    feed: InProcessFeed
    kept: AcceptReadings
    gather: GatherReadings
    gateway: FieldGateway
    chosen: ChosenWayGateway
    ways: WaySteering
    collection: Collection
    identity: Identity
    clocks: FollowClocks
    gaps: ListGaps
    ledger: Gaps
    backfill: BackfillGaps


def _collecting(
    zone: ZoneInfo, listening: Listening, field: Field, rules: RuleBook, stores: Stores, grid: Grid
) -> _Collecting:
    journal, clock, events = listening.journal, listening.journal.clock, listening.states.events
    feed, facts = InProcessFeed(), MeterFacts(stores.registry)
    ways = build_steering(stores, field, clock)
    clocks = follow_clocks(stores, field.types, clock)
    kept = AcceptReadings(
        stores.readings,
        rules,
        facts,
        field.types,
        clock=clock,
        events=events,
        feed=feed,
        compare=CompareWays(stores.readings, facts, field.types, ways.has_several),
        watchers=[clocks, listening.states.judge(facts, field.types)],
    )
    gather = GatherReadings(kept)
    identity = build_identity(stores, field, kept, clock=clock, changed=facts.forget)

    def line_changed(url: str, reason: str | None) -> None:
        journal.line_changed(url, reason)
        identity.watch.line_changed(url, reason)

    heard = HeardSink(gather, ways)
    gateway = FieldGateway(field.makers, line_changed, heard, clock=clock, on_restart=journal.line_restarted)
    checked = CheckedGateway(gateway, identity.watch)
    collection = Collection(
        gateway, gather, clock=clock, events=events, quarantine=Quarantine(), identity=identity.watch, ways=ways
    )
    gaps = ListGaps(stores.registry, stores.readings, field.types, clock, stores.parkings)
    absent = absent_by_way(unreadable(gateway, lambda: collection.silent), ways)
    ledger = build_gaps(stores, field.types, absent, zone, clock)
    memory, polled = memory_depths(shipped.config_root()), ChosenWayRoster(grid.polled, ways)
    backfill = BackfillGaps(polled, ledger.keep, gaps, checked, gather, zone=zone, clock=clock, memory=memory)
    chosen = ChosenWayGateway(checked, ways)
    return _Collecting(
        facts, feed, kept, gather, gateway, chosen, ways, collection, identity, clocks, gaps, ledger, backfill
    )


def _assemble(
    settings: Settings, listening: Listening, field: Field, rules: RuleBook, stores: Stores, grid: Grid, kpis: Kpis
) -> HeadEnd:
    zone, clock, events = settings.zone, listening.journal.clock, stores.events
    core = _collecting(zone, listening, field, rules, stores, grid)
    asking = Asking(core.collection, core.chosen, core.gather)
    planning = build_planning(sources_of(settings, field.types), stores, grid, asking, zone=zone, clock=clock)
    read_now = ReadNow(stores.registry, core.chosen, core.gather)
    return HeadEnd(
        settings=settings,
        field=field,
        clock=clock,
        stores=stores,
        feed=core.feed,
        gateway=core.gateway,
        gather=core.gather,
        collection=core.collection,
        supervisor=_supervisor(core, planning, clock),
        read_now=read_now,
        backfill=core.backfill,
        close_billing=CloseBillingPeriod(
            stores.registry, stores.readings, stores.ledger, field.types, zone=zone, clock=clock, events=events
        ),
        export_billing=ExportBilling(stores.ledger, EXPORTERS),
        import_meters=ImportMeters(
            stores.registry, field.check_route, zone=zone, clock=clock, events=events, changed=core.facts.forget
        ),
        sign_in=SignIn(stores.users, Argon2Passwords(), random=SystemRandom(), clock=clock, events=events),
        show_fleet=ShowFleet(stores.registry, stores.readings, zone=zone, clock=clock, parkings=stores.parkings),
        show_meter=ShowMeter(stores.registry, stores.readings, events, field.types),
        list_gaps=core.gaps,
        gaps=core.ledger,
        identity=core.identity,
        clocks=build_clocks(settings, stores, core.clocks, read_now, setter=core.gateway, clock=clock),
        grid=grid,
        kpis=kpis,
        listening=listening,
        planning=planning,
        ways=build_ways(core.ways, stores, field, core.kept, zone=zone, clock=clock),
    )


def _supervisor(core: _Collecting, planning: Planning, clock: Clock) -> Supervisor:
    runner, plans, special = planning.runner, planning.plans, planning.special
    return Supervisor(core.collection, runner, plans, core.backfill, clock=clock, special=special)
