"""What a simulated terminal tells of a measuring point: AFN 0C and 0D by function number, with the truth beside it.

The terminal reads its meter at full minutes, so the time in a reply is that of its values. Decides nothing of frames.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from simulators.faces.gdw1376_format import (
    CURRENT,
    CURVE_ENERGY,
    ENERGY_KVARH,
    ENERGY_KWH,
    PERCENT,
    POWER,
    VOLTAGE,
    Bcd,
    day_of,
    minute,
    minute_of,
)
from simulators.integral import Energy
from simulators.meter import SimulatedMeter
from simulators.slots import TARIFFS
from simulators.snapshot import Snapshot
from simulators.witness import Truth

DAYS_KEPT = 31
DENSITIES: Mapping[int, int] = {1: 15, 2: 30, 3: 60, 254: 5, 255: 1}
REGISTERS: Sequence[str] = (
    "active_energy_import",
    "reactive_energy_combined1",
    "active_energy_export",
    "reactive_energy_combined2",
    "reactive_energy_q1",
    "reactive_energy_q2",
    "reactive_energy_q3",
    "reactive_energy_q4",
)
BLOCKS: Mapping[int, Sequence[str]] = {
    33: (REGISTERS[0], REGISTERS[1], REGISTERS[4], REGISTERS[7]),
    34: (REGISTERS[2], REGISTERS[3], REGISTERS[5], REGISTERS[6]),
    **{129 + n: (name,) for n, name in enumerate(REGISTERS)},
}
"""Registers of AFN 0C; those of a day are the same at F1, F2 and F161 on."""
DAY_BLOCKS: Mapping[int, Sequence[str]] = {
    1: BLOCKS[33],
    2: BLOCKS[34],
    **{161 + n: (name,) for n, name in enumerate(REGISTERS)},
}


@dataclass(frozen=True, slots=True)
class Told:
    """The data behind an identifier, and what was true."""

    data: bytes
    truths: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class _Moment:
    name: str
    form: Bcd
    value: Callable[[Snapshot], Decimal | None]


def current(meter: SimulatedMeter, function: int, at: datetime) -> Told | None:
    """AFN 0C; None for a function that this terminal lacks."""
    at = at.replace(second=0, microsecond=0)
    local = at.astimezone(meter.spec.zone)
    if function == 25:
        snapshot = meter.snapshot(at)
        return _told(minute(local), [(m.name, m.form, m.value(snapshot)) for m in _MOMENT], at)
    if function in BLOCKS:
        head = minute(local) + bytes([TARIFFS])
        return _told(head, list(_block(BLOCKS[function], meter.energy(at))), at)
    return None


def history(meter: SimulatedMeter, function: int, when: bytes, at: datetime) -> Told | None:
    """AFN 0D: `when` is the request's Td, which the reply repeats. None for what this terminal lacks."""
    if function in DAY_BLOCKS:
        return _day(meter, function, when, at)
    if function in _CURVES:
        return _curve(meter, function, when, at)
    return None


def when_size(function: int) -> int:
    """How many bytes of Td a request for this function has."""
    return 3 if function in DAY_BLOCKS else 7


def _day(meter: SimulatedMeter, function: int, when: bytes, at: datetime) -> Told | None:
    """What stood at the end of a day."""
    day = day_of(when)
    today = at.astimezone(meter.spec.zone).date()
    if day is None or not timedelta(days=1) <= today - day <= timedelta(days=DAYS_KEPT):
        return None
    end = datetime.combine(day + timedelta(days=1), time.min)
    record = meter.record(end, at)
    if record is None:
        return None
    head = when + minute(end) + bytes([TARIFFS])
    return _told(head, list(_block(DAY_BLOCKS[function], record.energy)), record.at)


def _curve(meter: SimulatedMeter, function: int, when: bytes, at: datetime) -> Told | None:
    start, step = minute_of(when[:5]), DENSITIES.get(when[5])
    if start is None or step is None:
        return None
    data, truths = when, []
    name, form, value = _CURVES[function]
    for number in range(when[6]):
        record = meter.record(start + timedelta(minutes=step * number), at)
        told = value(meter, record.at, record.energy) if record is not None else None
        data += form.write(told)
        if record is not None and told is not None:
            truths.append(Truth(record.at, {name: told}))
    return Told(data, tuple(truths))


def _told(head: bytes, values: Sequence[tuple[str, Bcd, Decimal | None]], at: datetime) -> Told:
    data = head + b"".join(form.write(value) for _, form, value in values)
    return Told(data, (Truth(at, {name: value for name, _, value in values if value is not None}),))


def _block(names: Sequence[str], energy: Energy) -> Iterator[tuple[str, Bcd, Decimal | None]]:
    """Each register in total and by tariff, as the meter shows it."""
    for name in names:
        form = ENERGY_KWH if name.startswith("active") else ENERGY_KVARH
        for register in (name, *(f"{name}_t{tariff}" for tariff in range(1, TARIFFS + 1))):
            yield register, form, energy.register(register)


def _kilo(watts: int) -> Decimal:
    return Decimal(watts).scaleb(-3)


def _by_phase(name: str, form: Bcd, value: Callable[[Snapshot, int], Decimal]) -> list[_Moment]:
    """A phase that the meter lacks is not available."""

    def of(phase: int) -> Callable[[Snapshot], Decimal | None]:
        return lambda snapshot: value(snapshot, phase) if phase < len(snapshot.phases) else None

    return [_Moment(f"{name}_l{phase + 1}", form, of(phase)) for phase in range(3)]


def _percent(ratio: Decimal) -> Decimal:
    return ratio.quantize(Decimal("0.001"))


_MOMENT: Sequence[_Moment] = (
    _Moment("active_power", POWER, lambda s: _kilo(s.active_w)),
    *_by_phase("active_power", POWER, lambda s, n: _kilo(s.phases[n].active_w)),
    _Moment("reactive_power", POWER, lambda s: _kilo(s.reactive_var)),
    *_by_phase("reactive_power", POWER, lambda s, n: _kilo(s.phases[n].reactive_var)),
    _Moment("power_factor", Bcd(PERCENT.size, 3, True), lambda s: _percent(s.power_factor)),
    *_by_phase("power_factor", Bcd(PERCENT.size, 3, True), lambda s, n: _percent(s.phases[n].power_factor)),
    *_by_phase("voltage", VOLTAGE, lambda s, n: s.phases[n].voltage_v),
    *_by_phase("current", CURRENT, lambda s, n: s.phases[n].current_a.copy_sign(s.phases[n].active_w)),
    _Moment("current_neutral", CURRENT, lambda s: s.neutral_current_a),
    _Moment("apparent_power", POWER, lambda s: _kilo(s.apparent_va)),
    *_by_phase("apparent_power", POWER, lambda s, n: _kilo(s.phases[n].apparent_va)),
)
"""F25 in the order of the manual. A power factor in 0.1 % has the digits of one in 0.001."""

_Curve = tuple[str, Bcd, Callable[[SimulatedMeter, datetime, Energy], Decimal | None]]


def _register_curve(name: str) -> _Curve:
    return name, CURVE_ENERGY, lambda meter, at, energy: energy.register(name)


def _moment_curve(name: str) -> _Curve:
    moment = next(m for m in _MOMENT if m.name == name)
    return name, moment.form, lambda meter, at, energy: moment.value(meter.snapshot(at))


_CURVES: Mapping[int, _Curve] = {
    **{81 + n: _moment_curve(f"active_power{p}") for n, p in enumerate(("", "_l1", "_l2", "_l3"))},
    **{85 + n: _moment_curve(f"reactive_power{p}") for n, p in enumerate(("", "_l1", "_l2", "_l3"))},
    **{89 + n: _moment_curve(f"voltage_l{n + 1}") for n in range(3)},
    **{92 + n: _moment_curve(f"current_{p}") for n, p in enumerate(("l1", "l2", "l3", "neutral"))},
    **{101 + n: _register_curve(REGISTERS[n]) for n in range(4)},
}
