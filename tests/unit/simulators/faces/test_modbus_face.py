"""The Modbus face: units as on a bus, registers from the manual's table, refusals by exception, a true witness."""

import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from protocols.modbus import (
    Frame,
    Framing,
    Mbap,
    ReadRequest,
    Refused,
    Registers,
    Role,
    Rtu,
    answers,
    outcome,
    read_request,
)
from protocols.modbus.registers import Layout, RegisterType, decode
from simulators.faces.modbus_bus import ModbusBus
from simulators.faces.modbus_registers import as_held
from simulators.meter import SimulatedMeter
from simulators.witness import Witness

FINE = Layout(RegisterType.F32, Decimal("0.00001"))
MakeMeter = Callable[..., SimulatedMeter]


class BusUnderTest:
    """A bus of given meters and what it wrote down."""

    def __init__(self, meters: Sequence[SimulatedMeter], now: datetime, framing: Framing | None = None) -> None:
        self.log = io.StringIO()
        self.witness = Witness(self.log)
        self.framing = framing or Mbap(Role.METER)
        self.session = ModbusBus(meters, self.framing, now=lambda: now, witness=self.witness).session()

    def ask(self, request: Frame) -> Registers | Refused | None:
        replies = self.session.receive(self.framing.encode(request))
        if not replies:
            return None
        (raw,) = replies
        reply = self.framing.parse(raw)
        assert answers(request, reply)
        return outcome(reply)

    def read(self, unit: int, address: int, count: int, function: int = 4) -> Registers | Refused | None:
        return self.ask(read_request(unit, ReadRequest(function, address, count), transaction=self._transaction()))

    def value(self, unit: int, address: int) -> Decimal:
        found = self.read(unit, address, 2)
        assert isinstance(found, Registers)
        value = decode(found.words, FINE).value
        assert value is not None
        return value

    def lines(self) -> list[dict[str, Any]]:
        self.witness.flush()
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def _transaction(self) -> int:
        return 41 if isinstance(self.framing, Mbap) else 0


@pytest.fixture
def three_phases(make_meter: MakeMeter) -> SimulatedMeter:
    return make_meter(phases=3)


@pytest.mark.parametrize("framing", [Mbap(Role.METER), Rtu(Role.METER)])
def test_unit_k_is_the_kth_meter(make_meter: MakeMeter, now: datetime, framing: Framing) -> None:
    meters = [make_meter(address=f"{n:012d}") for n in (42, 43, 44)]
    bus = BusUnderTest(meters, now, framing)
    for unit, meter in enumerate(meters, start=1):
        assert bus.value(unit, 72) == meter.energy(now).register("active_energy_import")
    assert [line["meter"] for line in bus.lines()] == [meter.address for meter in meters]


@pytest.mark.parametrize("unit", [0, 2, 247])
def test_a_unit_that_nobody_has_stays_silent(meter: SimulatedMeter, now: datetime, unit: int) -> None:
    bus = BusUnderTest([meter], now)
    assert bus.read(unit, 72, 2) is None
    (line,) = bus.lines()
    assert (line["meter"], line["reply"]) == (None, None)


def test_registers_are_those_of_the_manual(three_phases: SimulatedMeter, now: datetime) -> None:
    bus, shown, energy = BusUnderTest([three_phases], now), three_phases.snapshot(now), three_phases.energy(now)
    for number, phase in enumerate(shown.phases):
        assert bus.value(1, 0 + 2 * number) == phase.voltage_v
        assert bus.value(1, 6 + 2 * number) == phase.current_a
        assert bus.value(1, 12 + 2 * number) == phase.active_w
        assert bus.value(1, 18 + 2 * number) == phase.apparent_va
        assert bus.value(1, 24 + 2 * number) == phase.reactive_var
        assert bus.value(1, 30 + 2 * number) == phase.power_factor
    totals = {52: shown.active_w, 56: shown.apparent_va, 60: shown.reactive_var, 62: shown.power_factor}
    registers = {72: "active_energy_import", 74: "active_energy_export", 76: "reactive_energy_combined1"}
    for address, value in {**totals, 70: shown.frequency_hz}.items():
        assert bus.value(1, address) == value
    for address, name in registers.items():
        assert bus.value(1, address) == energy.register(name)


def test_a_phase_that_is_not_there_and_a_hole_read_zero(meter: SimulatedMeter, now: datetime) -> None:
    bus = BusUnderTest([meter], now)
    assert bus.value(1, 2) == 0
    assert bus.read(1, 36, 16) == Registers((0,) * 16)


def test_a_read_may_begin_and_end_inside_a_value(meter: SimulatedMeter, now: datetime) -> None:
    bus = BusUnderTest([meter], now)
    whole, inside = bus.read(1, 70, 6), bus.read(1, 71, 3)
    assert isinstance(whole, Registers) and isinstance(inside, Registers)
    assert inside.words == whole.words[1:4]


@pytest.mark.parametrize(
    ("request_frame", "exception"),
    [
        (read_request(1, ReadRequest(4, 80, 2), transaction=1), 2),
        (read_request(1, ReadRequest(4, 79, 2), transaction=1), 2),
        (read_request(1, ReadRequest(4, 500, 2), transaction=1), 2),
        (read_request(1, ReadRequest(4, 0, 81), transaction=1), 3),
        (read_request(1, ReadRequest(3, 0, 2), transaction=1), 1),
        (Frame(1, 6, b"\0\0\0\1", 1), 1),
        (Frame(1, 0x55, b"\0", 1), 1),
        (Frame(1, 4, b"\0\0\0\0", 1), 3),
    ],
)
def test_what_the_meter_lacks_is_refused(
    meter: SimulatedMeter, now: datetime, request_frame: Frame, exception: int
) -> None:
    assert BusUnderTest([meter], now).ask(request_frame) == Refused(exception)


def test_the_witness_knows_the_registers_that_were_read_and_no_others(meter: SimulatedMeter, now: datetime) -> None:
    bus = BusUnderTest([meter], now)
    bus.read(1, 0, 6)
    bus.read(1, 72, 2)
    bus.read(1, 0, 80)
    bus.read(1, 73, 2)  # half of one and half of the other
    told = [line["registers"] and sorted(line["registers"]) for line in bus.lines()]
    assert told == [None, ["active_energy_import"], ["active_energy_export", "active_energy_import"], None]


def test_noise_is_written_down(meter: SimulatedMeter, now: datetime) -> None:
    bus = BusUnderTest([meter], now, Rtu(Role.METER))
    bus.session.receive(b"\xff\xff")
    bus.session.line_idle()
    assert [(line["kind"], line["bytes"]) for line in bus.lines()] == [("noise", "ffff")]


def test_more_meters_than_units_are_refused(make_meter: MakeMeter, now: datetime) -> None:
    with pytest.raises(ValueError, match="at most 247"):
        BusUnderTest([make_meter(address=f"{n:012d}") for n in range(1, 249)], now)


@pytest.mark.parametrize(("exact", "held"), [("131071.99", "131071.99"), ("999999.99", "1000000.00")])
def test_a_float_holds_hundredths_up_to_131072(exact: str, held: str) -> None:
    assert as_held(Decimal(exact)) == Decimal(held)
