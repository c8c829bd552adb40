"""What a simulated MQTT meter says: its topics, and its state as JSON with every number as text. No connection.

Its clock is set by the network, so `time` is the true instant; `seq` counts its messages.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from simulators.faces.mqtt_voice import Said
from simulators.meter import SimulatedMeter
from simulators.slots import TARIFFS
from simulators.witness import Truth

REQUESTS = "meters/+/get"


class JsonVoice:
    """Voice of the profile `headend-json`."""

    requests = REQUESTS

    def __init__(self, meters: Sequence[SimulatedMeter]) -> None:
        self._meters: Mapping[str, SimulatedMeter] = {meter.address: meter for meter in meters}
        self._status = f"gateways/{meters[0].address}/status"
        self._told = Counter[str]()

    def place(self, meter: SimulatedMeter) -> str:
        """See Voice."""
        return state_topic(meter.address)

    def will(self, at: datetime) -> Said:
        """See Voice."""
        return Said(self._status, b"offline", is_retained=True)

    def greet(self, at: datetime) -> Sequence[Said]:
        """See Voice."""
        return [Said(self._status, b"online", is_retained=True)]

    def tell(self, meter: SimulatedMeter, at: datetime) -> Sequence[Said]:
        """See Voice."""
        self._told[meter.address] += 1
        return [tell_state(meter, at, self._told[meter.address])]

    def answer(self, topic: str, payload: bytes, at: datetime) -> Sequence[Said]:
        """See Voice."""
        meter = self._meters.get(requested_address(topic))
        return self.tell(meter, at) if meter is not None else []


def state_topic(address: str) -> str:
    return f"meters/{address}/state"


def requested_address(topic: str) -> str:
    """Whose state a message on a request topic asks for."""
    return topic.split("/")[1]


def tell_state(meter: SimulatedMeter, at: datetime, number: int) -> Said:
    """The state of a meter at an instant."""
    registers = dict(_registers(meter, at))
    values = {**registers, **dict(_instantaneous(meter, at))}
    time = at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    content = {
        "time": time,
        "seq": number,
        "meter": meter.address,
        **{name: f"{value:f}" for name, value in values.items()},
    }
    payload = json.dumps(content, separators=(",", ":")).encode("ascii")
    return Said(state_topic(meter.address), payload, meter.address, Truth(at, registers))


def _registers(meter: SimulatedMeter, at: datetime) -> Iterator[tuple[str, Decimal]]:
    energy = meter.energy(at)
    for name in ("active_energy_import", "active_energy_export"):
        yield name, energy.register(name)
    for tariff in range(1, TARIFFS + 1):
        yield f"active_energy_import_t{tariff}", energy.register(f"active_energy_import_t{tariff}")


def _instantaneous(meter: SimulatedMeter, at: datetime) -> Iterator[tuple[str, Decimal]]:
    shown = meter.snapshot(at)
    for number, phase in enumerate(shown.phases, start=1):
        yield f"voltage_l{number}", phase.voltage_v
        yield f"current_l{number}", phase.current_a
        yield f"active_power_l{number}", _kilo(phase.active_w)
    yield "active_power", _kilo(shown.active_w)
    yield "power_factor", shown.power_factor
    yield "frequency", shown.frequency_hz


def _kilo(watts: int) -> Decimal:
    return Decimal(watts).scaleb(-3)
