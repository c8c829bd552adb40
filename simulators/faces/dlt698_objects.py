"""The objects of a simulated DL/T 698.45 meter: OAD to data and the truth in them. Reads a meter, knows no frames.

An object, attribute or element that the meter does not have gives None.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from simulators.faces.dlt698_format import Scalar, date_time_s, listed, octets, structured
from simulators.meter import SimulatedMeter
from simulators.slots import TARIFFS
from simulators.snapshot import PhaseValues, Snapshot

SHORT, LONG = 2, 4  # attributes of an energy: counts of 0.01 and of 0.0001
U32, I32 = Scalar(0x06, 4, False, 2), Scalar(0x05, 4, True, 2)
U64, I64 = Scalar(0x15, 8, False, 4), Scalar(0x14, 8, True, 4)
DEMAND = Scalar(0x06, 4, False, 4)

ENERGIES: Mapping[int, tuple[str, bool]] = {
    0x0000: ("active_energy_combined", True),
    0x0010: ("active_energy_import", False),
    0x0020: ("active_energy_export", False),
    0x0030: ("reactive_energy_combined1", True),
    0x0040: ("reactive_energy_combined2", True),
    0x0050: ("reactive_energy_q1", False),
    0x0060: ("reactive_energy_q2", False),
    0x0070: ("reactive_energy_q3", False),
    0x0080: ("reactive_energy_q4", False),
}
DEMANDS: Mapping[int, tuple[str, str]] = {
    0x1010: ("max_demand_import", "active_energy_import"),
    0x1020: ("max_demand_export", "active_energy_export"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """Data as written, and the registers that are true of it."""

    data: bytes
    registers: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Phased:
    name: str
    number: Scalar
    by_phase: Callable[[PhaseValues], Decimal]
    total: Callable[[Snapshot], Decimal] | None = None


def _kilo(watts: int) -> Decimal:
    return Decimal(watts).scaleb(-3).quantize(Decimal("0.0001"))


_POWER = Scalar(0x05, 4, True, 4)  # of a kW: a count is 0.1 W
_RATIO = Scalar(0x10, 2, True, 3)
PHASED: Mapping[int, _Phased] = {
    0x2000: _Phased("voltage", Scalar(0x12, 2, False, 1), lambda p: p.voltage_v),
    0x2001: _Phased("current", Scalar(0x05, 4, True, 3), lambda p: p.current_a.copy_sign(p.active_w)),
    0x2004: _Phased("active_power", _POWER, lambda p: _kilo(p.active_w), lambda s: _kilo(s.active_w)),
    0x2005: _Phased("reactive_power", _POWER, lambda p: _kilo(p.reactive_var), lambda s: _kilo(s.reactive_var)),
    0x2006: _Phased("apparent_power", _POWER, lambda p: _kilo(p.apparent_va), lambda s: _kilo(s.apparent_va)),
    0x200A: _Phased("power_factor", _RATIO, lambda p: p.power_factor, lambda s: s.power_factor),
}
FREQUENCY = Scalar(0x12, 2, False, 2)


def tell(meter: SimulatedMeter, oad: str, at: datetime) -> Told | None:
    """What the meter says of one object; index 0 means all elements, 1 the first."""
    oi, attribute, index = int(oad[:4], 16), int(oad[4:6], 16), int(oad[6:], 16)
    if oi in ENERGIES and attribute in (SHORT, LONG):
        return _picked(_energies(meter, oi, attribute, at), index)
    if attribute != SHORT:
        return None
    if oi in DEMANDS:
        return _picked(_demands(meter, oi, at), index)
    if oi in PHASED:
        return _picked(_phased(PHASED[oi], meter.snapshot(at)), index)
    single = SINGLE.get(oi)
    return single(meter, at) if single is not None and index == 0 else None


def _picked(elements: Sequence[Told], index: int) -> Told | None:
    if index:
        return elements[index - 1] if index <= len(elements) else None
    registers = {name: value for element in elements for name, value in element.registers.items()}
    return Told(listed([element.data for element in elements]), registers)


def _energies(meter: SimulatedMeter, oi: int, attribute: int, at: datetime) -> Sequence[Told]:
    """Total, then the tariffs."""
    register, signed = ENERGIES[oi]
    short, long = (I32, I64) if signed else (U32, U64)
    number, energy = short if attribute == SHORT else long, meter.energy(at)
    names = [register, *(f"{register}_t{tariff}" for tariff in range(1, TARIFFS + 1))]
    values = {name: energy.register(name, decimals=number.decimals) for name in names}
    return [Told(number.encode(value), {name: value}) for name, value in values.items()]


def _demands(meter: SimulatedMeter, oi: int, at: datetime) -> Sequence[Told]:
    """Total, then the tariffs: how much and when."""
    name, register = DEMANDS[oi]
    told = []
    for tariff in range(TARIFFS + 1):
        best = meter.max_demand(register + (f"_t{tariff}" if tariff else ""), at)
        value = _kilo(best.watts)
        data = structured([DEMAND.encode(value), date_time_s(best.stamp)])
        told.append(Told(data, {} if tariff else {name: value}))
    return told


def _phased(quantity: _Phased, snapshot: Snapshot) -> Sequence[Told]:
    """The total where there is one, then the phases that the meter has."""
    values = {f"{quantity.name}_l{n}": quantity.by_phase(phase) for n, phase in enumerate(snapshot.phases, 1)}
    if quantity.total is not None:
        values = {quantity.name: quantity.total(snapshot), **values}
    return [Told(quantity.number.encode(value), {name: value}) for name, value in values.items()]


def _frequency(meter: SimulatedMeter, at: datetime) -> Told:
    value = meter.snapshot(at).frequency_hz
    return Told(FREQUENCY.encode(value), {"frequency": value})


SINGLE: Mapping[int, Callable[[SimulatedMeter, datetime], Told]] = {
    0x200F: _frequency,
    0x4000: lambda meter, at: Told(date_time_s(meter.clock.local(at))),
    0x4001: lambda meter, at: Told(octets(meter.address)),
    0x4002: lambda meter, at: Told(octets(meter.serial)),
}
