"""A fleet of which some meters are exchanged, reset or roll over while they are read, over the real wire and checks.

Only the ends are of the campaign: simulated meters on lossy buses, the stores in memory, and virtual time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from collectors.channel import Channel
from collectors.collection import Collection
from collectors.driver import Site
from collectors.drivers.dlt645 import Dlt645Driver
from collectors.gateway import FieldGateway
from collectors.identity import IdentityWatch
from collectors.line_urls import LineUrl
from collectors.lines import LineState, StreamLine
from collectors.profiles import Dlt645Profile
from collectors.quarantine import Quarantine
from headend import shipped
from headend.domain.instants import from_us, to_us
from headend.domain.metering import CustomerClass, MeterInstallation, MeterRegistration, Protocol
from headend.live_feed import InProcessFeed
from headend.ports import ReadingSink
from headend.rules.book import RuleBook
from headend.services.accept_readings import AcceptReadings
from headend.services.check_identity import CheckIdentity
from headend.services.exchange_meter import REGISTER, ExchangeMeter
from headend.services.meter_facts import MeterFacts
from simulators import SimulatedMeter
from simulators.faces.dlt645_bus import Dlt645Bus
from simulators.integral import WS_PER_KWH, Energy
from simulators.load_shape import CustomerClass as Shape
from simulators.meter import MeterSpec, initial_registers
from simulators.shared_load import Patterns
from tests.fakes.memory_identity import MemoryExchangeLedger, MemoryIdentityBook
from tests.fakes.memory_stores import MemoryEventLog, MemoryMeterRegistry
from tests.fakes.virtual_time import VirtualClock
from tests.scenarios.faults import Faults
from tests.scenarios.faulty_line import FaultyLine
from tests.scenarios.indexed_store import IndexedReadingStore
from tests.scenarios.truthful_witness import TruthfulWitness
from tests.scenarios.wire_log import WireLog

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 2, 17, tzinfo=ZONE)
COMMISSIONED = MIDNIGHT.replace(hour=0) - timedelta(days=1)
ROOT = shipped.config_root()
TYPES, RULES = shipped.reading_types(ROOT), shipped.rule_book(ROOT)
SHIPPED = shipped.profiles(ROOT, "dlt645", Dlt645Profile)["dlt645-2007"]
PROFILE = replace(SHIPPED, periodic=("clock", "00010000"))
CAPACITY_KVA = Decimal(40)
PER_LINE, FIRST_ADDRESS, NEW_SERIALS = 20, 645_000_000_001, 700_000_000_000
LOSSY = Faults(lost_request=0.005, lost_reply=0.005, garbled=0.001)
ItemOf = Callable[[MeterInstallation], str]


class Fate(StrEnum):
    """What happens to a meter during the campaign."""

    NONE = "none"
    ROLLS_OVER = "rolls_over"
    RESET = "reset"
    NEW_METER = "new_meter"
    USED_METER = "used_meter"
    SLOW_EXCHANGE = "slow_exchange"
    LOOK_ALIKE = "look_alike"


EXCHANGES = frozenset({Fate.NEW_METER, Fate.USED_METER, Fate.SLOW_EXCHANGE, Fate.LOOK_ALIKE})
# Twentieths of the fleet.
MIX = (
    *[Fate.NONE] * 6,
    *[Fate.ROLLS_OVER] * 4,
    *[Fate.RESET] * 3,
    *[Fate.NEW_METER] * 3,
    *[Fate.USED_METER] * 2,
    Fate.SLOW_EXCHANGE,
    Fate.LOOK_ALIKE,
)


@dataclass(slots=True)
class Place:
    """Where a meter hangs, its fate, and the simulated meters that were there with the instant each came."""

    address: str
    fate: Fate
    meters: list[tuple[datetime, SimulatedMeter]]

    @property
    def serial(self) -> str:
        """Of the meter that hangs there now."""
        return self.meters[-1][1].serial


class ExchangedFleet:
    """Reads whole passes; `item_of` names what a meter is asked for to know who it is, `rules` validate."""

    def __init__(self, seed: int, count: int, item_of: ItemOf, rules: RuleBook = RULES) -> None:
        self.clock, self.chance = VirtualClock(MIDNIGHT), Random(seed)
        self.registry, self.events, self.book = MemoryMeterRegistry(), MemoryEventLog(), MemoryIdentityBook()
        self.ledger, self.stored = MemoryExchangeLedger(self.registry, self.book), IndexedReadingStore(TYPES)
        self._patterns = Patterns(4, seed=seed, commissioned=COMMISSIONED, zone=ZONE)
        self._seed = seed
        fates = (MIX * (count // len(MIX) + 1))[:count]
        self.places = [self._place(number, fate) for number, fate in enumerate(fates)]
        self._witness, self._log, self._buses = TruthfulWitness(), WireLog(), dict[str, Dlt645Bus]()
        self._drivers = {Protocol.DLT645: Dlt645Driver({PROFILE.name: PROFILE}, Site(TYPES, ZONE, self.clock.now))}
        facts = MeterFacts(self.registry)
        self.accept = AcceptReadings(
            self.stored, rules, facts, TYPES, clock=self.clock, events=self.events, feed=InProcessFeed()
        )
        exchange = ExchangeMeter(
            self.registry,
            self.ledger,
            self.stored,
            self.accept,
            TYPES.by_name(REGISTER),
            clock=self.clock,
            events=self.events,
            changed=facts.forget,
        )
        check = CheckIdentity(self.registry, self.book, exchange, clock=self.clock, events=self.events)
        self._watch = IdentityWatch(item_of, check, clock=self.clock)
        self.gateway = FieldGateway({"tcp": self._line}, self._watch.line_changed, self.accept, clock=self.clock)
        self.collection = Collection(
            self.gateway,
            self.accept,
            clock=self.clock,
            events=self.events,
            quarantine=Quarantine(),
            identity=self._watch,
        )

    async def register(self) -> None:
        """Every place with the meter that hangs there first."""
        await self.registry.register([_registration(n, place) for n, place in enumerate(self.places)])

    async def read(self) -> None:
        """One pass over all that is installed."""
        await self.collection.registers(await self.registry.installations())

    def strike(self, place: Place) -> None:
        """What the place's fate is happens now."""
        now, chance = self.clock.now(), self.chance
        shown = int(place.meters[-1][1].energy(now).register(REGISTER))
        serial = f"{NEW_SERIALS + int(place.address) % 1_000_000:012d}"
        match place.fate:
            case Fate.NONE | Fate.ROLLS_OVER:
                return
            case Fate.RESET:
                self._hang(place, place.address, chance.choice([0, chance.randrange(shown)]))
            case Fate.NEW_METER | Fate.SLOW_EXCHANGE:
                self._hang(place, serial, chance.randrange(3))
            case Fate.USED_METER:
                self._hang(place, serial, shown + chance.randrange(100, 90_000))
            case Fate.LOOK_ALIKE:
                self._hang(place, serial, shown, has_ticked=True)

    def first_reads(self) -> dict[str, datetime]:
        """When the head-end first kept a reading of the meter that hangs there now, under whatever installation."""
        address = {one.id: one.meter.server_address for one in self.registry.known}
        came = {place.address: to_us(place.meters[-1][0]) for place in self.places}
        first: dict[str, int] = {}
        for versions in self.stored.versions:
            place, received = address[versions[0][0]], versions[0][3]
            if received > came[place]:
                first[place] = min(received, first.get(place, received))
        return {place: from_us(received) for place, received in first.items()}

    def take_away(self, place: Place) -> None:
        """Nobody hangs there for a while."""
        self._bus_of(place).take_away(place.address)

    def _hang(self, place: Place, serial: str, kwh: int, *, has_ticked: bool = False) -> None:
        now = self.clock.now()
        before = place.meters[-1][1]
        shown = before.energy(now) if has_ticked else initial_registers(kwh)
        spec = replace(before.spec, serial=serial, initial=shown)
        if not has_ticked:
            spec = replace(spec, clock_offset=timedelta(seconds=self.chance.randrange(-5, 6)))
        load = self._patterns.load(spec.customer_class, int(spec.address), spec.size)
        hung = SimulatedMeter(replace(spec, initial=shown - load.energy(int(now.timestamp()))), load)
        place.meters.append((now, hung))
        self._bus_of(place).exchange_meter(hung)

    def _bus_of(self, place: Place) -> Dlt645Bus:
        return self._buses[_url(self.places.index(place))]

    def _place(self, number: int, fate: Fate) -> Place:
        address = f"{FIRST_ADDRESS + number:012d}"
        initial = initial_registers(self.chance.randrange(500, 9_000))
        spec = MeterSpec(
            address=address,
            customer_class=Shape.RESIDENTIAL,
            seed=self._seed,
            commissioned=COMMISSIONED,
            size=round(1 + self.chance.random(), 3),
            initial=initial,
            clock_offset=timedelta(milliseconds=self.chance.randrange(-2000, 2000)),
        )
        load = self._patterns.load(spec.customer_class, int(address), spec.size)
        if fate is Fate.ROLLS_OVER:
            nearly = Energy(tuple(part - WS_PER_KWH // 20 for part in initial_registers(1_000_000).ws))
            spec = replace(spec, initial=nearly - load.energy(int(MIDNIGHT.timestamp())))
        return Place(address, fate, [(MIDNIGHT, SimulatedMeter(spec, load))])

    def _line(self, url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> StreamLine:
        name = str(url)
        hung = [p.meters[-1][1] for number, p in enumerate(self.places) if _url(number) == name]
        bus = self._buses[name] = Dlt645Bus(hung, now=self.clock.now, witness=self._witness)
        pipe = FaultyLine(name, bus, LOSSY, self._seed, self._log)
        return StreamLine(Channel(pipe, self.clock, on_state=on_state), self._drivers)


def told_by_profile(installation: MeterInstallation) -> str:
    """As shipped."""
    return PROFILE.identity


def _url(number: int) -> str:
    return f"tcp://line-{number // PER_LINE + 1}:8899"


def _registration(number: int, place: Place) -> MeterRegistration:
    return MeterRegistration(
        usage_point=f"UP-{place.address}",
        customer_class=CustomerClass.RESIDENTIAL,
        capacity_kva=CAPACITY_KVA,
        serial_number=place.address,
        protocol=Protocol.DLT645,
        profile=PROFILE.name,
        server_address=place.address,
        line_url=_url(number),
        multiplier=Decimal(1),
        installed_at=MIDNIGHT,
    )
