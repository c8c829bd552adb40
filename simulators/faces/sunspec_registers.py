"""Holding registers of a SunSpec meter, computed when read: the chain of models from 40000 on.

Written from the information models in their order, point after point: common model 1, a vendor's own model, then the
meter: 201 or 203 with integers and exponents, 211 or 213 with floats. Exponents follow the load, as real ones may.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from protocols.modbus import HOLDING_REGISTERS
from simulators.faces.register_map import Image
from simulators.integral import Energy
from simulators.meter import SimulatedMeter
from simulators.snapshot import Snapshot
from simulators.witness import Truth

FIRST = 40000
MARK = b"SunS"
COMMON, VENDOR, END = 1, 64901, 0xFFFF
NO_POINT, LARGEST = -0x8000, 0x7FFF
ROOT_OF_THREE = Decimal("1.7320508")
REACTIVE = ("reactive_energy_q1", "reactive_energy_q2", "reactive_energy_q3", "reactive_energy_q4")
REAL = ("active_energy_export", "active_energy_import")
APPARENT = ("apparent_energy_export", "apparent_energy_import")

Points = Sequence[Decimal | None]
"""Values in the order of the model; None where this meter has no such point."""


class SunSpecIntegers:
    """RegisterMap of models 201 and 203."""

    function, largest_read = HOLDING_REGISTERS, 125

    def read(self, meter: SimulatedMeter, span: range, at: datetime) -> Image | None:
        """See RegisterMap."""
        shown, energy = meter.snapshot(at), meter.energy(at)
        body = b"".join(
            (
                _scaled(_currents(shown), -3),
                _scaled(_voltages(shown), -1),
                _scaled([shown.frequency_hz], -2),
                *(_scaled(points, 0) for points in _powers(shown)),
                _scaled([None if factor is None else 100 * factor for factor in _factors(shown)], -1),
                *(_counted(energy, names) for names in (REAL, APPARENT, REACTIVE)),
                bytes(4),
            )
        )
        held = {name: energy.register(name) for name in REAL}
        return _cut(_chain(meter, 201 if len(shown.phases) == 1 else 203, body), span, Truth(at, held))


class SunSpecFloats:
    """RegisterMap of models 211 and 213."""

    function, largest_read = HOLDING_REGISTERS, 125

    def read(self, meter: SimulatedMeter, span: range, at: datetime) -> Image | None:
        """See RegisterMap."""
        shown, energy = meter.snapshot(at), meter.energy(at)
        points = [*_currents(shown), *_voltages(shown), shown.frequency_hz]
        for power in (*_powers(shown), _factors(shown)):
            points += power
        for name in (*REAL, *APPARENT, *REACTIVE):
            points += [1000 * energy.register(name), None, None, None]
        body = b"".join(struct.pack(">f", float("nan") if point is None else float(point)) for point in points)
        held = {name: as_held(energy.register(name)) for name in REAL}
        return _cut(_chain(meter, 211 if len(shown.phases) == 1 else 213, body + bytes(4)), span, Truth(at, held))


def as_held(kwh: Decimal) -> Decimal:
    """What a float of watt-hours can hold of an energy."""
    return Decimal(str(np.float32(1000 * kwh))).scaleb(-3)


def _chain(meter: SimulatedMeter, model: int, body: bytes) -> bytes:
    common = b"".join((_text("Headend", 16), _text("Simulated", 16), _text("", 8), _text("1", 8)))
    common += _text(meter.serial, 16) + struct.pack(">HH", 1, 0x8000)
    models = ((COMMON, common), (VENDOR, bytes(8)), (model, body))
    return MARK + b"".join(struct.pack(">HH", n, len(b) // 2) + b for n, b in models) + struct.pack(">HH", END, 0)


def _cut(chain: bytes, span: range, truth: Truth) -> Image | None:
    words = struct.unpack(f">{len(chain) // 2}H", chain)
    if span.start < FIRST or span.stop > FIRST + len(words):
        return None
    return Image(words[span.start - FIRST : span.stop - FIRST], (truth,))


def _text(text: str, registers: int) -> bytes:
    return text.encode("ascii").ljust(2 * registers, b"\0")


def _scaled(points: Points, finest: int) -> bytes:
    """16-bit integers and their common exponent, as fine as all of them allow."""
    exponent = finest
    while any(point is not None and abs(_count(point, exponent)) > LARGEST for point in points):
        exponent += 1
    counts = [NO_POINT if point is None else _count(point, exponent) for point in points]
    return struct.pack(f">{len(counts) + 1}h", *counts, exponent)


def _count(point: Decimal, exponent: int) -> int:
    return int(point.scaleb(-exponent).quantize(Decimal(1), ROUND_HALF_EVEN))


def _counted(energy: Energy, names: Sequence[str]) -> bytes:
    """Counters of 10 Wh for the total, none for the phases, and their exponent."""
    totals = [int(100 * energy.register(name)) & 0xFFFFFFFF for name in names]
    return b"".join(struct.pack(">4I", total, 0, 0, 0) for total in totals) + struct.pack(">h", 1)


def _by_phase(values: Sequence[Decimal]) -> list[Decimal | None]:
    return [*values, *[None] * (3 - len(values))]


def _currents(shown: Snapshot) -> Points:
    phases = [phase.current_a for phase in shown.phases]
    return [sum(phases, Decimal(0)), *_by_phase(phases)]


def _voltages(shown: Snapshot) -> Points:
    phases = [phase.voltage_v for phase in shown.phases]
    average = sum(phases, Decimal(0)) / len(phases)
    if len(phases) == 1:
        return [average, *_by_phase(phases), None, None, None, None]
    between = [(phases[n] + phases[(n + 1) % 3]) / 2 * ROOT_OF_THREE for n in range(3)]
    return [average, *phases, average * ROOT_OF_THREE, *between]


def _powers(shown: Snapshot) -> Sequence[Points]:
    """Real, apparent and reactive, each the total and the phases."""
    phases = shown.phases
    return (
        [Decimal(shown.active_w), *_by_phase([Decimal(phase.active_w) for phase in phases])],
        [Decimal(shown.apparent_va), *_by_phase([Decimal(phase.apparent_va) for phase in phases])],
        [Decimal(shown.reactive_var), *_by_phase([Decimal(phase.reactive_var) for phase in phases])],
    )


def _factors(shown: Snapshot) -> Points:
    return [shown.power_factor, *_by_phase([phase.power_factor for phase in shown.phases])]
