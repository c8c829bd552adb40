"""DL/T 645-2007 families 00 (energy), 01 (maximum demand) and 02 (instantaneous): identifier to members.

Reads a meter, decides nothing about frames. An identifier this meter does not have gives None.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from simulators.faces.dlt645_format import Member, Told, minute_stamp, tell
from simulators.integral import Energy
from simulators.meter import SETTLEMENT_DAYS, SimulatedMeter
from simulators.slots import TARIFFS
from simulators.snapshot import PhaseValues, Snapshot
from simulators.witness import Truth

ALL = 0xFF
SIGNED_RANGE = 800_000  # the sign takes the top bit: a signed register rolls over here


@dataclass(frozen=True, slots=True)
class _Energy:
    register: str
    signed: bool = False


ENERGIES: Mapping[int, _Energy] = {
    0x00: _Energy("active_energy_combined", signed=True),
    0x01: _Energy("active_energy_import"),
    0x02: _Energy("active_energy_export"),
    0x03: _Energy("reactive_energy_combined1", signed=True),
    0x04: _Energy("reactive_energy_combined2", signed=True),
    0x05: _Energy("reactive_energy_q1"),
    0x06: _Energy("reactive_energy_q2"),
    0x07: _Energy("reactive_energy_q3"),
    0x08: _Energy("reactive_energy_q4"),
    0x09: _Energy("apparent_energy_import"),
    0x0A: _Energy("apparent_energy_export"),
}
DEMANDS: Mapping[int, tuple[str, str]] = {
    0x01: ("max_demand_import", "active_energy_import"),
    0x02: ("max_demand_export", "active_energy_export"),
}


@dataclass(frozen=True, slots=True)
class _Phased:
    name: str
    size: int
    decimals: int
    signed: bool
    by_phase: Callable[[PhaseValues], Decimal]
    total: Callable[[Snapshot], Decimal] | None = None


def _kilo(watts: int) -> Decimal:
    return Decimal(watts).scaleb(-3).quantize(Decimal("0.0001"))


PHASED: Mapping[int, _Phased] = {
    0x01: _Phased("voltage", 2, 1, False, lambda p: p.voltage_v),
    0x02: _Phased("current", 3, 3, True, lambda p: p.current_a.copy_sign(p.active_w)),
    0x03: _Phased("active_power", 3, 4, True, lambda p: _kilo(p.active_w), lambda s: _kilo(s.active_w)),
    0x04: _Phased("reactive_power", 3, 4, True, lambda p: _kilo(p.reactive_var), lambda s: _kilo(s.reactive_var)),
    0x05: _Phased("apparent_power", 3, 4, True, lambda p: _kilo(p.apparent_va), lambda s: _kilo(s.apparent_va)),
    0x06: _Phased("power_factor", 2, 3, True, lambda p: p.power_factor, lambda s: s.power_factor),
    0x07: _Phased("phase_angle", 2, 1, False, lambda p: p.angle_deg),
}


@dataclass(frozen=True, slots=True)
class _Single:
    name: str  # empty where no reading type has this meaning
    size: int
    decimals: int
    signed: bool
    value: Callable[[Snapshot], Decimal]


SINGLE: Mapping[int, _Single] = {
    0x01: _Single("current_neutral", 3, 3, True, lambda s: s.neutral_current_a),
    0x02: _Single("frequency", 2, 2, False, lambda s: s.frequency_hz),
    0x03: _Single("", 3, 4, True, lambda s: _kilo(s.active_w)),
    0x04: _Single("", 3, 4, True, lambda s: _kilo(s.active_w)),
    0x05: _Single("", 3, 4, True, lambda s: _kilo(s.reactive_var)),
    0x06: _Single("", 3, 4, True, lambda s: _kilo(s.apparent_va)),
    0x07: _Single("temperature", 2, 1, True, lambda s: s.temperature_c),
    0x08: _Single("clock_battery_voltage", 2, 2, False, lambda s: s.clock_battery_v),
}


def energy(meter: SimulatedMeter, di: bytes, at: datetime) -> Told | None:
    """00 | quantity | tariff or block | now, settlement day or block."""
    _, quantity, tariff, day = di
    item = ENERGIES.get(quantity)
    registers = _registers(item, tariff) if item else ()
    if item is None or not registers:
        return None
    if day == ALL:
        days = range(SETTLEMENT_DAYS + 1) if tariff != ALL else ()
    else:
        days = range(day, day + 1) if day <= SETTLEMENT_DAYS else ()
    told = [_energy_on(meter, item, registers, number, at) for number in days]
    if not told:
        return None
    return Told(b"".join(t.payload for t in told), tuple(truth for t in told for truth in t.truths))


def energy_members(quantity: int, energy: Energy | None, tariff: int = ALL) -> tuple[Member, ...]:
    """The members of one quantity out of given counters; freezes and load records show the same registers."""
    item = ENERGIES[quantity]
    return tuple(_member(item, name, energy) for name in _registers(item, tariff))


def demand(meter: SimulatedMeter, di: bytes, at: datetime) -> Told | None:
    """01 | direction | tariff or block | this month or one before: value, then the minute it happened."""
    _, quantity, tariff, month = di
    if quantity not in DEMANDS or month > SETTLEMENT_DAYS or not (tariff <= TARIFFS or tariff == ALL):
        return None
    name, register = DEMANDS[quantity]
    payload, registers = b"", {}
    for number in range(TARIFFS + 1) if tariff == ALL else (tariff,):
        best = meter.max_demand(register + (f"_t{number}" if number else ""), at, months_ago=month)
        value = _kilo(best.watts)
        payload += Member(name, value, 3, 4).encode() + minute_stamp(best.stamp)
        if not number:
            registers[name] = value
    truth = (Truth(at, registers),) if registers and not month else ()
    return Told(payload, truth)


def instantaneous(meter: SimulatedMeter, di: bytes, at: datetime) -> Told | None:
    """02 | quantity | phase or block | 00, and the single values 02 80 00 nn."""
    _, quantity, phase, number = di
    snapshot = meter.snapshot(at)
    if (quantity, phase) == (0x80, 0) and number in SINGLE:
        return tell([single_member(number, snapshot)], at)
    if quantity not in PHASED or number:
        return None
    members = phased_members(quantity, snapshot)
    if phase != ALL:
        members = [member for member in members if member.name == _phase_name(quantity, phase)]
    return tell(members, at) if members else None


def phased_members(quantity: int, snapshot: Snapshot) -> list[Member]:
    """Total where there is one, then phases A, B, C; a phase the meter lacks is not present."""
    item = PHASED[quantity]
    values: list[Decimal | None] = [item.by_phase(phase) for phase in snapshot.phases]
    values += [None] * (3 - len(values))
    members = [
        Member(_phase_name(quantity, n + 1), value, item.size, item.decimals, item.signed)
        for n, value in enumerate(values)
    ]
    if item.total is not None:
        total = Member(item.name, item.total(snapshot), item.size, item.decimals, item.signed)
        members.insert(0, total)
    return members


def single_member(number: int, snapshot: Snapshot) -> Member:
    """The value of 02 80 00 nn."""
    item = SINGLE[number]
    return Member(item.name, item.value(snapshot), item.size, item.decimals, item.signed)


def _phase_name(quantity: int, phase: int) -> str:
    name = PHASED[quantity].name
    return f"{name}_l{phase}" if phase else name


def _registers(item: _Energy, tariff: int) -> Sequence[str]:
    every = [item.register, *(f"{item.register}_t{n}" for n in range(1, TARIFFS + 1))]
    return every if tariff == ALL else every[tariff : tariff + 1]


def _energy_on(meter: SimulatedMeter, item: _Energy, registers: Sequence[str], day: int, at: datetime) -> Told:
    if not day:
        now = meter.energy(at)
        return tell([_member(item, name, now) for name in registers], at)
    record = meter.settlement(day, at)
    members = [_member(item, name, record.energy if record else None) for name in registers]
    return tell(members, record.at if record else at)


def _member(item: _Energy, name: str, energy: Energy | None) -> Member:
    value = energy.register(name) if energy else None
    if value is not None and item.signed:
        value %= SIGNED_RANGE
    return Member(name, value, 4, 2, item.signed)
