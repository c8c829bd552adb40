"""Simulated ESPHome nodes, one a meter, each with a PZEM-004T V3: bare numbers on a retained topic each.

Names, units and decimals are those of ESPHome's platform `pzemac` with the sensor names of its own example. All nodes
share one client here, so the broker's last words are those of the first node only.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from simulators.faces.mqtt_voice import Said
from simulators.meter import SimulatedMeter
from simulators.witness import Truth

ENERGY: Final = "energy"


class EsphomeVoice:
    """Voice of nodes named `pzem-ADDRESS`."""

    requests = "pzem/+/command"  # no sensor can be asked

    def __init__(self, meters: Sequence[SimulatedMeter]) -> None:
        self._meters = meters

    def place(self, meter: SimulatedMeter) -> str:
        """See Voice."""
        return f"{_node(meter)}/sensor/{_object(ENERGY)}/state"

    def will(self, at: datetime) -> Said:
        """See Voice."""
        return Said(f"{_node(self._meters[0])}/status", b"offline", is_retained=True)

    def greet(self, at: datetime) -> Sequence[Said]:
        """See Voice."""
        return [Said(f"{_node(meter)}/status", b"online", is_retained=True) for meter in self._meters]

    def tell(self, meter: SimulatedMeter, at: datetime) -> Sequence[Said]:
        """See Voice."""
        register = meter.energy(at).register("active_energy_import")
        truth = Truth(at, {"active_energy_import": register})
        return [
            Said(
                f"{_node(meter)}/sensor/{_object(name)}/state",
                f"{value:f}".encode("ascii"),
                meter.address,
                truth if name == ENERGY else None,
                qos=0,
                is_retained=True,
            )
            for name, value in _values(meter, register, at)
        ]

    def answer(self, topic: str, payload: bytes, at: datetime) -> Sequence[Said]:
        """See Voice."""
        return []


def _values(meter: SimulatedMeter, register: Decimal, at: datetime) -> Iterator[tuple[str, Decimal]]:
    shown = meter.snapshot(at)
    phase = shown.phases[0]
    yield ENERGY, (register * 1000).quantize(Decimal(1))
    yield "power", Decimal(shown.active_w).quantize(Decimal("0.01"))
    yield "voltage", phase.voltage_v.quantize(Decimal("0.1"))
    yield "current", phase.current_a.quantize(Decimal("0.001"))
    yield "power_factor", shown.power_factor.quantize(Decimal("0.01"))
    yield "frequency", shown.frequency_hz.quantize(Decimal("0.1"))


def _node(meter: SimulatedMeter) -> str:
    return f"pzem-{meter.address}"


def _object(name: str) -> str:
    return f"pzem-004t_v3_{name}"
