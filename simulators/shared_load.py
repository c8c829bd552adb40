"""Meters that draw the same load in different measure, for fleets too large to draw each customer's own.

A pattern is integrated once and scaled by each of its meters in whole thousandths: still exact, still only growing.
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from simulators.integral import Energy, EnergyIntegral
from simulators.load_shape import CustomerClass, LoadShape
from simulators.slots import DEFAULT_TARIFFS

WHOLE = 1000
SECONDS_KEPT = 4_096


class Pattern:
    """One load that many meters share; what it was at a second is computed once for all of them."""

    def __init__(self, integral: EnergyIntegral) -> None:
        self.integral = integral
        self.energy = lru_cache(maxsize=SECONDS_KEPT)(integral.energy)
        self.power = lru_cache(maxsize=SECONDS_KEPT)(integral.power)


class SharedLoad:
    """EnergySource: `thousandths` of a pattern."""

    def __init__(self, pattern: Pattern, thousandths: int) -> None:
        if thousandths < 1:
            raise ValueError("a share of a pattern is at least a thousandth")
        self._pattern, self._share = pattern, thousandths

    def energy(self, second: int) -> Energy:
        """See EnergyIntegral."""
        share = self._share
        return Energy(tuple([ws * share // WHOLE for ws in self._pattern.energy(second).ws]))

    def power(self, second: int) -> tuple[int, int]:
        """See EnergyIntegral; W and var towards zero."""
        active, reactive = self._pattern.power(second)
        return _part(active, self._share), _part(reactive, self._share)

    def max_demand(
        self, register: str, start: int, end: int, outages: tuple[tuple[int, int], ...] = ()
    ) -> tuple[int, int] | None:
        """See EnergyIntegral."""
        best = self._pattern.integral.max_demand(register, start, end, outages)
        return None if best is None else (_part(best[0], self._share), best[1])


class Patterns:
    """`count` patterns of each class from one seed, made when first used."""

    def __init__(self, count: int, *, seed: int, commissioned: datetime, zone: ZoneInfo) -> None:
        self._count, self._seed, self._zone = count, seed, zone
        self._start = int(commissioned.timestamp())
        self._made: dict[tuple[CustomerClass, int], Pattern] = {}

    def load(self, kind: CustomerClass, number: int, size: float) -> SharedLoad:
        """The load of meter `number`, `size` times that of its pattern."""
        key = (kind, number % self._count)
        if key not in self._made:
            shape = LoadShape(kind, seed=self._seed, meter=key[1], zone=self._zone, size=1.0)
            integral = EnergyIntegral(shape, start=self._start, zone=self._zone, tariffs=DEFAULT_TARIFFS)
            self._made[key] = Pattern(integral)
        return SharedLoad(self._made[key], max(1, round(size * WHOLE)))


def _part(whole: int, thousandths: int) -> int:
    scaled = abs(whole) * thousandths // WHOLE
    return scaled if whole >= 0 else -scaled
