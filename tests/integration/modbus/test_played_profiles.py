"""Every shipped Modbus profile played by a simulated meter and read back: requests, exponents, ratios."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from collectors.profiles import ModbusProfile
from headend.bootstrap.simulation import profile_registers
from headend.domain.collection import ItemError
from headend.domain.readings import ReadingSource
from protocols.modbus import Frame, Mbap, Role, exception_reply, read_reply, take_request
from simulators import FleetPlan, build_fleet
from tests.fakes.processes import HEADEND, headend_json, run_headend, running
from tests.unit.collectors.modbus_conversations import NOW, Reply, converse
from tests.unit.collectors.test_modbus_driver import METER, driver
from tests.unit.collectors.test_profile_vectors import PROFILES

(SIMULATED,) = build_fleet(FleetPlan(1))


def played(profile: ModbusProfile) -> Reply:
    registers = profile_registers(profile)

    def reply(request: Frame) -> Frame:
        read = take_request(request)
        assert read is not None and read.count <= registers.largest_read and request.function == registers.function
        image = registers.read(SIMULATED, range(read.address, read.address + read.count), NOW)
        return exception_reply(request, 2) if image is None else read_reply(request, image.words)

    return reply


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_read_back(name: str) -> None:
    meter = replace(METER, meter=replace(METER.meter, profile=name))
    reply = played(PROFILES[name])
    answer = converse(
        driver().read(meter, tuple(PROFILES[name].told), ReadingSource.ON_DEMAND), reply, Mbap(Role.METER)
    )
    assert {result.error for result in answer.results} <= {None, ItemError.REFUSED}
    told = {result.item: result.value for result in answer.results}
    voltage, energy = told.get("voltage_l1"), told.get("active_energy_import")
    assert voltage is None or abs(voltage - SIMULATED.snapshot(NOW).phases[0].voltage_v) <= Decimal("0.5")
    assert energy is None or abs(energy - SIMULATED.energy(NOW).register("active_energy_import")) <= Decimal("0.1")
    assert voltage is not None or energy is not None


def test_the_command_plays_a_profile_by_its_name() -> None:
    command = [
        HEADEND,
        "simulate",
        "--protocol",
        "modbus",
        "--profile",
        "finder-7m-38",
        "--listen",
        "tcp://127.0.0.1:0",
    ]
    with running(command, "listening on") as (_, announced):
        url = f"modbus+{announced.rsplit(' ', 1)[1]}/1?profile=finder-7m-38"
        energy, frequency = headend_json("read", url, "active_energy_import", "frequency")
    assert Decimal(energy["value"]) > 0 and 49 < Decimal(frequency["value"]) < 51
    unknown = run_headend("simulate", "--protocol", "modbus", "--profile", "acme", "--listen", "tcp://127.0.0.1:0")
    assert unknown.returncode == 2 and "no Modbus profile 'acme': choose one of abb-b23-b24," in unknown.stderr
