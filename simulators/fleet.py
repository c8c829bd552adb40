"""Build many meters from one seed: the same plan gives the same meters, each independent of the size of the fleet."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import numpy as np

from simulators.load_shape import CustomerClass
from simulators.meter import SHANGHAI, MeterSpec, SimulatedMeter, initial_registers
from simulators.shared_load import Patterns

# Per cent of the meters, as in a mixed district of a town.
CLASS_MIX: Mapping[CustomerClass, int] = {
    CustomerClass.RESIDENTIAL: 72,
    CustomerClass.COMMERCIAL: 12,
    CustomerClass.INDUSTRIAL: 4,
    CustomerClass.PROSUMER: 10,
    CustomerClass.STREET_LIGHTING: 2,
}
FULL_PER_CENT = 100
_SINGLE_PHASE = (CustomerClass.RESIDENTIAL, CustomerClass.PROSUMER)
LAST_ADDRESS = 999_999_999_998  # all nines is the broadcast address


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Consecutive addresses from the first on. `commissioned` is fixed so that restarts go on where they were.

    `patterns` loads of each class are shared by all meters, in different measure; 0 = each customer draws its own,
    which takes 5 ms a meter when it is first read. `classes` is per cent of the meters.
    """

    count: int
    first_address: str = "000000000001"
    seed: int = 0
    commissioned: datetime = datetime(2025, 1, 1, tzinfo=SHANGHAI)
    zone: ZoneInfo = SHANGHAI
    patterns: int = 0
    classes: tuple[tuple[CustomerClass, int], ...] = tuple(CLASS_MIX.items())

    def __post_init__(self) -> None:
        digits = self.first_address
        if not (1 <= len(digits) <= 12 and digits.isascii() and digits.isdigit()):
            raise ValueError(f"the first address has up to twelve digits: {digits!r}")
        if self.count < 1:
            raise ValueError("a fleet has at least one meter")
        if int(digits) + self.count - 1 > LAST_ADDRESS:
            raise ValueError(f"{self.count} meters from {digits} on run over the last address {LAST_ADDRESS}")
        if sum(part for _, part in self.classes) != FULL_PER_CENT or min(part for _, part in self.classes) < 0:
            raise ValueError("the classes of a fleet make 100 per cent together")

    def class_at(self, point: int) -> CustomerClass:
        """The class of one of a hundred meters, 0 to 99."""
        return self.classes[bisect_right(list(accumulate(part for _, part in self.classes)), point)][0]


def build_fleet(plan: FleetPlan) -> tuple[SimulatedMeter, ...]:
    """The meters of a plan, in the order of their addresses."""
    first = int(plan.first_address)
    specs = (meter_spec(plan, first + n) for n in range(plan.count))
    if not plan.patterns:
        return tuple(map(SimulatedMeter, specs))
    patterns = Patterns(plan.patterns, seed=plan.seed, commissioned=plan.commissioned, zone=plan.zone)
    return tuple(
        SimulatedMeter(spec, patterns.load(spec.customer_class, int(spec.address), spec.size)) for spec in specs
    )


def meter_spec(plan: FleetPlan, number: int) -> MeterSpec:
    """One meter of the plan: class, size, used registers and a clock about as good as a real one."""
    chance = np.random.default_rng(np.random.SeedSequence([plan.seed, number]))
    kind = plan.class_at(int(chance.integers(FULL_PER_CENT)))
    used, given = (int(value) for value in chance.integers(500, 9_000, 2))
    size, drift, offset = chance.standard_normal(3).clip(-2, 2).tolist()
    single = kind in _SINGLE_PHASE and int(chance.integers(10)) > 0
    return MeterSpec(
        address=f"{number:012d}",
        customer_class=kind,
        seed=plan.seed,
        commissioned=plan.commissioned,
        zone=plan.zone,
        phases=1 if single else 3,
        size=round(1.25**size, 3),
        initial=initial_registers(used, reverse_kwh=given // 4 if kind is CustomerClass.PROSUMER else 0),
        drift_ppb=round(50 * drift),
        clock_offset=timedelta(milliseconds=round(1500 * offset)),
    )
