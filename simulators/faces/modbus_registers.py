"""Input registers of an Eastron SDM630, computed when read: 32-bit floats, high word first, 0-based addresses.

Written from the manual's table. Words between the described values read as zero; beyond them there is nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import numpy as np

from protocols.modbus import INPUT_REGISTERS
from protocols.modbus.registers import Layout, RegisterType, encode
from simulators.faces.register_map import Image
from simulators.integral import Energy
from simulators.meter import SimulatedMeter
from simulators.snapshot import PhaseValues, Snapshot
from simulators.witness import Truth

WORDS_PER_VALUE = 2
RANGES = (range(80), range(342, 344))
FLOAT = Layout(RegisterType.F32)


class _Now:
    """A meter at one instant; nothing is computed before it is asked for."""

    def __init__(self, meter: SimulatedMeter, at: datetime) -> None:
        self._meter, self._at = meter, at

    @cached_property
    def energy(self) -> Energy:
        return self._meter.energy(self._at)

    @cached_property
    def snapshot(self) -> Snapshot:
        return self._meter.snapshot(self._at)


Value = Callable[[_Now], Decimal | int]


def _phase(number: int, value: Callable[[PhaseValues], Decimal | int]) -> Value:
    """Of one phase; a phase that the meter does not have reads zero."""

    def read(now: _Now) -> Decimal | int:
        phases = now.snapshot.phases
        return value(phases[number]) if number < len(phases) else 0

    return read


def _by_phase(address: int, value: Callable[[PhaseValues], Decimal | int]) -> dict[int, Value]:
    return {address + WORDS_PER_VALUE * number: _phase(number, value) for number in range(3)}


def _register(name: str) -> Value:
    return lambda now: now.energy.register(name)


VALUES: Mapping[int, Value] = {
    **_by_phase(0, lambda phase: phase.voltage_v),
    **_by_phase(6, lambda phase: phase.current_a),
    **_by_phase(12, lambda phase: phase.active_w),
    **_by_phase(18, lambda phase: phase.apparent_va),
    **_by_phase(24, lambda phase: phase.reactive_var),
    **_by_phase(30, lambda phase: phase.power_factor),
    52: lambda now: now.snapshot.active_w,
    56: lambda now: now.snapshot.apparent_va,
    60: lambda now: now.snapshot.reactive_var,
    62: lambda now: now.snapshot.power_factor,
    70: lambda now: now.snapshot.frequency_hz,
    72: _register("active_energy_import"),
    74: _register("active_energy_export"),
    76: _register("reactive_energy_combined1"),
    78: _register("reactive_energy_combined2"),
    342: lambda now: now.energy.register("active_energy_import") + now.energy.register("active_energy_export"),
}
WITNESSED: Mapping[int, str] = {72: "active_energy_import", 74: "active_energy_export"}


class Sdm630:
    """RegisterMap of the SDM630."""

    function = INPUT_REGISTERS
    largest_read = 80  # the manual's limit: 40 values

    def read(self, meter: SimulatedMeter, span: range, at: datetime) -> Image | None:
        """See RegisterMap."""
        if not any(span[0] in block and span[-1] in block for block in RANGES):
            return None
        now = _Now(meter, at)
        first, words = span.start - span.start % WORDS_PER_VALUE, list[int]()
        held: dict[str, Decimal] = {}
        for place in range(first, span.stop, WORDS_PER_VALUE):
            value = Decimal(VALUES[place](now)) if place in VALUES else Decimal(0)
            words += encode(value, FLOAT)
            if place in WITNESSED and place in span and place + 1 in span:
                held[WITNESSED[place]] = as_held(value)
        truths = (Truth(at, held),) if held else ()
        return Image(words[span.start - first :][: len(span)], truths)


def as_held(value: Decimal) -> Decimal:
    """What a float register can hold of a value in 0.01: the value itself below 131,072, then the nearest float."""
    return Decimal(str(np.float32(value))).quantize(Decimal("0.01"))
