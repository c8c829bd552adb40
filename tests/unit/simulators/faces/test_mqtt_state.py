"""What a simulated MQTT meter publishes: every number as text, at the true instant, equal to its registers."""

import json
from datetime import datetime
from decimal import Decimal

from simulators.faces.mqtt_state import REQUESTS, requested_address, tell_state
from simulators.meter import SimulatedMeter


def test_the_state_tells_registers_and_instant(meter: SimulatedMeter, now: datetime) -> None:
    state = tell_state(meter, now, 7)
    content = json.loads(state.payload)
    assert state.topic == f"meters/{meter.address}/state"
    assert datetime.fromisoformat(content["time"]) == now
    assert (content.pop("seq"), content.pop("meter")) == (7, meter.address)
    assert all(isinstance(value, str) for value in content.values())
    assert Decimal(content["active_energy_import"]) == meter.energy(now).register("active_energy_import")
    assert Decimal(content["active_power"]) * 1000 == meter.snapshot(now).active_w


def test_the_truth_is_told_with_it(meter: SimulatedMeter, now: datetime) -> None:
    state = tell_state(meter, now, 7)
    content = json.loads(state.payload)
    assert state.truth is not None
    assert state.truth.as_of == now
    assert {name: str(value) for name, value in state.truth.registers.items()} == {
        name: content[name] for name in state.truth.registers
    }


def test_a_phase_that_is_not_there_is_not_told(meter: SimulatedMeter, now: datetime) -> None:
    assert "voltage_l1" in json.loads(tell_state(meter, now, 7).payload)
    assert "voltage_l2" not in json.loads(tell_state(meter, now, 7).payload)


def test_a_request_names_its_meter() -> None:
    assert requested_address(REQUESTS.replace("+", "000000000042")) == "000000000042"
