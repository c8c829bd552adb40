"""A simulated meter: load, exact registers, clock, relay and the history it remembers. It speaks no protocol.

Everything is a function of a true instant `at` (aware UTC): the meter has no time source and no random state.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from simulators.integral import NO_ENERGY, WS_PER_KWH, Energy, EnergyIntegral, EnergySource
from simulators.load_shape import SHAPES, CustomerClass, LoadShape
from simulators.meter_clock import MeterClock
from simulators.relay import Relay
from simulators.slots import DEFAULT_TARIFFS, TariffTable
from simulators.snapshot import Network, Snapshot, take_snapshot

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAILY_FREEZES = 62
HOURLY_FREEZES = 254
LOAD_RECORD_DAYS = 62
LOAD_RECORD_INTERVAL = timedelta(minutes=15)
SETTLEMENT_DAYS = 12


@dataclass(frozen=True, slots=True)
class MeterSpec:
    """What makes one meter different from another; the same specification always gives the same meter."""

    address: str
    customer_class: CustomerClass = CustomerClass.RESIDENTIAL
    seed: int = 0
    commissioned: datetime = datetime(2025, 1, 1, tzinfo=SHANGHAI)
    zone: ZoneInfo = SHANGHAI
    phases: int = 1
    size: float = 1.0
    initial: Energy = NO_ENERGY
    drift_ppb: int = 0
    clock_offset: timedelta = timedelta()
    tariffs: TariffTable = DEFAULT_TARIFFS
    password: str = ""
    """Level, password and operator are one: two and six digits; empty for a meter that lets nobody write."""
    serial: str = ""
    """What it says it is; its address when empty. Twelve digits, as a nameplate has."""

    def __post_init__(self) -> None:
        if self.serial and (len(self.serial) != 12 or not (self.serial.isascii() and self.serial.isdigit())):
            raise ValueError(f"a serial number has twelve digits: {self.serial!r}")
        if len(self.address) != 12 or not (self.address.isascii() and self.address.isdigit()):
            raise ValueError(f"a meter address has twelve digits: {self.address!r}")
        if self.commissioned.tzinfo is None:
            raise ValueError("the instant of commissioning must be aware")
        if self.phases not in (1, 3):
            raise ValueError("a meter has one phase or three")


@dataclass(frozen=True, slots=True)
class Record:
    """What the meter stored at one moment of its own clock."""

    stamp: datetime  # local digits of the meter's clock, without a zone
    at: datetime  # the true instant, UTC
    energy: Energy


@dataclass(frozen=True, slots=True)
class Demand:
    """Greatest quarter-hour mean of a month in W, and the end of that quarter by the meter's clock."""

    watts: int
    stamp: datetime | None


class SimulatedMeter:
    """Registers, instantaneous values, freezes, load records, clock and relay of one meter."""

    def __init__(self, spec: MeterSpec, load: EnergySource | None = None) -> None:
        """`load` where the meter does not draw its own from the specification."""
        number = int(spec.address)
        self.spec = spec
        self.address = spec.address
        self.serial = spec.serial or spec.address
        self.commissioned = spec.commissioned.astimezone(UTC)
        self.clock = MeterClock(
            start=self.commissioned, zone=spec.zone, drift_ppb=spec.drift_ppb, offset=spec.clock_offset
        )
        self.relay = Relay()
        self._integral = load or _own_load(spec, int(self.commissioned.timestamp()))
        rated = max(1, round(SHAPES[spec.customer_class].peak_w * spec.size))
        self._network = Network((spec.seed, number), _shares(spec), rated)

    @property
    def load(self) -> EnergySource:
        """What is drawn behind it; another meter may take its place there."""
        return self._integral

    def energy(self, at: datetime) -> Energy:
        """All counters at an instant, exact, without the time the relay was open."""
        energy = self.spec.initial + self._integral.energy(_second(at))
        for opened, closed in self._outages(at):
            energy -= self._integral.energy(closed) - self._integral.energy(opened)
        return energy

    def snapshot(self, at: datetime) -> Snapshot:
        """Instantaneous values; no power flows while the relay is open."""
        second = _second(at)
        active, reactive = self._integral.power(second) if self.relay.is_closed(at) else (0, 0)
        return take_snapshot(self._network, active_w=active, reactive_var=reactive, second=second)

    def record(self, stamp: datetime, at: datetime) -> Record | None:
        """What was stored when the clock came to `stamp` (local digits), unless that is still to come."""
        taken = self.clock.true_instant(self.clock.from_local(stamp))
        if taken is None or taken > at:
            return None
        return Record(stamp, taken, self.energy(taken))

    def daily_freeze(self, number: int, at: datetime) -> Record | None:
        """Last midnight is number 1; the meter keeps 62."""
        if not 1 <= number <= DAILY_FREEZES:
            return None
        midnight = self.clock.local(at).replace(hour=0, minute=0, second=0)
        return self.record(midnight - timedelta(days=number - 1), at)

    def hourly_freeze(self, number: int, at: datetime) -> Record | None:
        """The last full hour is number 1; the meter keeps 254."""
        if not 1 <= number <= HOURLY_FREEZES:
            return None
        hour = self.clock.local(at).replace(minute=0, second=0)
        return self.record(hour - timedelta(hours=number - 1), at)

    def settlement(self, number: int, at: datetime) -> Record | None:
        """Registers at the start of this month (number 1) and of the months before."""
        if not 1 <= number <= SETTLEMENT_DAYS:
            return None
        shown = self.clock.local(at)
        year, month = divmod(shown.year * 12 + shown.month - number, 12)
        first = shown.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0)
        return self.record(first, at)

    def load_records(self, first: datetime, count: int, at: datetime) -> Iterator[Record]:
        """Quarter-hour records from the first at or after `first` (local digits) on, at most `count`."""
        shown = self.clock.local(at)
        oldest = shown.replace(hour=0, minute=0, second=0) - timedelta(days=LOAD_RECORD_DAYS)
        stamp = _next_quarter(max(first, oldest))
        while count and stamp <= shown:
            record = self.record(stamp, at)
            if record is not None:
                yield record
                count -= 1
            stamp += LOAD_RECORD_INTERVAL

    def max_demand(self, register: str, at: datetime, *, months_ago: int = 0) -> Demand:
        """Greatest mean power of a full quarter hour of a month up to `at`, of one active energy register."""
        start, end = self._month_span(at, months_ago)
        best = self._integral.max_demand(register, start, end, self._outages(at))
        if best is None:
            return Demand(0, None)
        watts, second = best
        return Demand(watts, self.clock.local(datetime.fromtimestamp(second, UTC)))

    def _month_span(self, at: datetime, months_ago: int) -> tuple[int, int]:
        shown = self.clock.local(at)
        year, month = divmod(shown.year * 12 + shown.month - 1 - months_ago, 12)
        first = datetime(year, month + 1, 1, tzinfo=self.spec.zone)
        following = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=self.spec.zone)
        return _second(first), min(_second(following), _second(at))

    def _outages(self, at: datetime) -> tuple[tuple[int, int], ...]:
        return tuple((_second(opened), _second(closed)) for opened, closed in self.relay.interruptions(at))


def initial_registers(kwh: int, *, reverse_kwh: int = 0) -> Energy:
    """A used meter: energy spread over quadrants and tariffs in a plausible way, exact in whole kWh."""
    quantities = (kwh, reverse_kwh, kwh // 5, reverse_kwh // 5, 0, kwh // 50)
    apparent = (kwh + kwh // 50, reverse_kwh + reverse_kwh // 50)
    return Energy(tuple(part * WS_PER_KWH for used in (*quantities, *apparent) for part in _by_tariff(used)))


def _own_load(spec: MeterSpec, start: int) -> EnergyIntegral:
    shape = LoadShape(spec.customer_class, seed=spec.seed, meter=int(spec.address), zone=spec.zone, size=spec.size)
    return EnergyIntegral(shape, start=start, zone=spec.zone, tariffs=spec.tariffs)


def _by_tariff(kwh: int) -> tuple[int, ...]:
    first = (kwh // 10, kwh * 3 // 10, kwh * 4 // 10)
    return (*first, kwh - sum(first))


def _shares(spec: MeterSpec) -> tuple[int, ...]:
    if spec.phases == 1:
        return (1000,)
    chance = np.random.default_rng(np.random.SeedSequence([spec.seed, int(spec.address), 3]))
    second, third = (int(share) for share in chance.integers(290, 380, 2))
    return (1000 - second - third, second, third)


def _next_quarter(stamp: datetime) -> datetime:
    start = stamp.replace(minute=stamp.minute // 15 * 15, second=0, microsecond=0)
    return start if start == stamp else start + LOAD_RECORD_INTERVAL


def _second(at: datetime) -> int:
    return int(at.timestamp() // 1)
