"""Instantaneous values of a meter, consistent with the power its registers integrate. No state of its own."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from math import asin, cos, degrees, hypot, pi

import numpy as np

NOMINAL_V = 220.0
_V, _A, _RATIO, _DEGREE = Decimal("0.1"), Decimal("0.001"), Decimal("0.001"), Decimal("0.1")


@dataclass(frozen=True, slots=True)
class PhaseValues:
    """One phase; powers are whole W and var, signed: positive towards the customer."""

    voltage_v: Decimal
    current_a: Decimal
    active_w: int
    reactive_var: int

    @property
    def apparent_va(self) -> int:
        return round(hypot(self.active_w, self.reactive_var))

    @property
    def power_factor(self) -> Decimal:
        return _power_factor(self.active_w, self.reactive_var)

    @property
    def angle_deg(self) -> Decimal:
        """Between voltage and current, 0 to 360: below 180 is inductive when importing."""
        apparent = hypot(self.active_w, self.reactive_var)
        if not apparent:
            return Decimal("0.0")
        lag = degrees(asin(self.reactive_var / apparent))
        angle = lag if self.active_w >= 0 else 180.0 - lag
        return _round(angle % 360.0, _DEGREE) % 360


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All the meter shows now; totals are the exact power of the running quarter hour."""

    active_w: int
    reactive_var: int
    phases: tuple[PhaseValues, ...]  # one or three
    frequency_hz: Decimal
    temperature_c: Decimal
    clock_battery_v: Decimal

    @property
    def apparent_va(self) -> int:
        return round(hypot(self.active_w, self.reactive_var))

    @property
    def power_factor(self) -> Decimal:
        return _power_factor(self.active_w, self.reactive_var)

    @property
    def neutral_current_a(self) -> Decimal:
        """Vector sum of the phase currents 120 degrees apart, each at its own angle."""
        if len(self.phases) == 1:
            return self.phases[0].current_a
        x = y = 0.0
        for n, phase in enumerate(self.phases):
            angle = -2 * pi * n / 3 - float(phase.angle_deg) * pi / 180
            x += float(phase.current_a) * cos(angle)
            y += float(phase.current_a) * cos(angle - pi / 2)
        return _round(hypot(x, y), _A)


@dataclass(frozen=True, slots=True)
class Network:
    """Where the meter hangs: how its load is spread and how its voltage behaves."""

    seed: tuple[int, int]
    shares: tuple[int, ...]  # per mille of the load on each phase
    rated_w: int


def take_snapshot(network: Network, *, active_w: int, reactive_var: int, second: int) -> Snapshot:
    """Voltage, frequency and temperature change once a minute; the rest follows from the power."""
    chance = np.random.default_rng(np.random.SeedSequence([*network.seed, second // 60]))
    draws = chance.standard_normal(len(network.shares) + 2).clip(-3, 3).tolist()
    sag = 0.03 * min(1.5, abs(active_w) / network.rated_w) * (1 if active_w >= 0 else -1)
    active, reactive = _split(active_w, network.shares), _split(reactive_var, network.shares)
    phases = tuple(
        _phase(NOMINAL_V * (1.02 - sag + 0.008 * draws[n]), active[n], reactive[n]) for n in range(len(network.shares))
    )
    year = cos(2 * pi * (second / 86_400 - 196) / 365.25)
    return Snapshot(
        active_w=active_w,
        reactive_var=reactive_var,
        phases=phases,
        frequency_hz=_round(50 + 0.012 * draws[-1], Decimal("0.01")),
        temperature_c=_round(18 + 11 * year + draws[-2], _DEGREE),
        clock_battery_v=Decimal("3.61"),
    )


def _phase(voltage: float, active_w: int, reactive_var: int) -> PhaseValues:
    shown = _round(voltage, _V)
    current = _round(hypot(active_w, reactive_var) / float(shown), _A)
    return PhaseValues(shown, current, active_w, reactive_var)


def _split(power: int, shares: tuple[int, ...]) -> tuple[int, ...]:
    """Whole watts by phase that add up to the total."""
    later = tuple(power * share // 1000 for share in shares[1:])
    return (power - sum(later), *later)


def _power_factor(active: int, reactive: int) -> Decimal:
    apparent = hypot(active, reactive)
    return _round(active / apparent, _RATIO) if apparent else Decimal("1.000")


def _round(value: float, step: Decimal) -> Decimal:
    return Decimal(repr(value)).quantize(step, ROUND_HALF_EVEN)
