"""Registers of a Modbus meter as somebody describes them: any map can be played, with the same physics behind it.

It encodes by the description it is given, so it proves requests and lines, never the description itself. What the
simulated meter does not measure is not there, and neither are words that nobody describes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from protocols.errors import LocalProtocolError
from protocols.modbus.registers import Layout, encode
from simulators.faces.register_map import Image
from simulators.integral import REGISTER_COUNTERS
from simulators.meter import SimulatedMeter
from simulators.snapshot import PhaseValues, Snapshot
from simulators.witness import Truth

KILO = 1000
TOTALS: Mapping[str, Callable[[Snapshot], Decimal | int]] = {
    "active_power": lambda now: now.active_w,
    "reactive_power": lambda now: now.reactive_var,
    "apparent_power": lambda now: now.apparent_va,
    "power_factor": lambda now: now.power_factor,
    "frequency": lambda now: now.frequency_hz,
    "temperature": lambda now: now.temperature_c,
    "current_neutral": lambda now: now.neutral_current_a,
}
PHASES: Mapping[str, Callable[[PhaseValues], Decimal | int]] = {
    "voltage": lambda phase: phase.voltage_v,
    "current": lambda phase: phase.current_a,
    "active_power": lambda phase: phase.active_w,
    "reactive_power": lambda phase: phase.reactive_var,
    "apparent_power": lambda phase: phase.apparent_va,
    "power_factor": lambda phase: phase.power_factor,
}


@dataclass(frozen=True, slots=True)
class Described:
    """A register: `power` is the power of ten from the plain unit (Wh, W, V) to the one that it is told in.

    `ones` are places that are needed beside it, with the number that changes nothing: exponents 0, ratios 1.
    """

    name: str
    address: int
    layout: Layout
    power: int
    ones: Sequence[tuple[int, Sequence[int]]] = ()

    def words(self, meter: SimulatedMeter, at: datetime) -> Sequence[int] | None:
        """What stands there now; None where this meter measures no such thing or the number type cannot hold it."""
        value = _measured(self.name, meter, at)
        if value is None:
            return None
        told, step = Decimal(value).scaleb(self.power), self.layout.resolution
        if not self.layout.type.is_float:
            told = (told / step).to_integral_value(rounding=ROUND_DOWN) * step
        try:
            return encode(told, self.layout)
        except LocalProtocolError:
            return None


class DescribedRegisters:
    """RegisterMap of a description."""

    def __init__(self, function: int, largest_read: int, registers: Sequence[Described]) -> None:
        self.function, self.largest_read, self._registers = function, largest_read, registers

    def read(self, meter: SimulatedMeter, span: range, at: datetime) -> Image | None:
        """See RegisterMap; words between the described ones are refused."""
        image: dict[int, int] = {}
        for register in self._registers:
            for address, words in register.ones:
                image |= _placed(address, words)
            own = range(register.address, register.address + register.layout.type.words)
            if span.start < own.stop and own.start < span.stop:
                image |= _placed(own.start, register.words(meter, at) or ())
        if not all(place in image for place in span):
            return None
        return Image([image[place] for place in span], (Truth(at, {}),))


def _placed(address: int, words: Sequence[int]) -> Mapping[int, int]:
    return {address + n: word for n, word in enumerate(words)}


def _measured(name: str, meter: SimulatedMeter, at: datetime) -> Decimal | int | None:
    if name in REGISTER_COUNTERS:
        return KILO * meter.energy(at).register(name)
    now, (quantity, _, phase) = meter.snapshot(at), name.rpartition("_l")
    if quantity in PHASES and phase in ("1", "2", "3"):
        number = int(phase) - 1
        return PHASES[quantity](now.phases[number]) if number < len(now.phases) else 0
    return TOTALS[name](now) if name in TOTALS else None
