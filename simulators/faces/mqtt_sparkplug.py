"""A simulated Sparkplug B edge node with a device a meter: births with names, types and aliases, data by alias alone.

Energy is told in Wh as Int64, power in W as Double, the rest as Float. The node obeys `Node Control/Rebirth`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from protocols.errors import ProtocolError
from protocols.sparkplug import (
    DataType,
    EdgeNode,
    MessageType,
    Metric,
    Payload,
    Value,
    ValueField,
    encode,
    encode_number,
    parse,
    parse_topic,
)
from simulators.faces.mqtt_voice import Said
from simulators.meter import SimulatedMeter
from simulators.witness import Truth

GROUP: Final = "simulated"
REBIRTH: Final = "Node Control/Rebirth"
REGISTERS: Final = ("active_energy_import", "active_energy_export")
_TYPES: Final[Mapping[str, DataType]] = {
    **dict.fromkeys(REGISTERS, DataType.INT64),
    "active_power": DataType.DOUBLE,
    **{f"{what}_l{phase}": DataType.FLOAT for phase in (1, 2, 3) for what in ("voltage", "current")},
    "power_factor": DataType.FLOAT,
    "frequency": DataType.FLOAT,
}
_ALIASES: Final = {name: alias for alias, name in enumerate(_TYPES, start=1)}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SparkplugVoice:
    """Voice of the node `simulated/gateway-FIRST_ADDRESS`."""

    def __init__(self, meters: Sequence[SimulatedMeter]) -> None:
        self._meters = meters
        self._edge = EdgeNode(GROUP, f"gateway-{meters[0].address}")
        self._seq, self._bd_seq = 0, -1
        self.requests = self._edge.topic(MessageType.NCMD)

    def place(self, meter: SimulatedMeter) -> str:
        """See Voice."""
        return self._edge.topic(MessageType.DDATA, meter.address)

    def will(self, at: datetime) -> Said:
        """See Voice."""
        self._bd_seq = (self._bd_seq + 1) % 256
        payload = encode(Payload(_ms(at), (self._bd_metric(at),)))
        return Said(self._edge.topic(MessageType.NDEATH), payload)

    def greet(self, at: datetime) -> Sequence[Said]:
        """See Voice."""
        self._seq = -1
        rebirth = Metric(REBIRTH, None, _ms(at), DataType.BOOLEAN, value=Value(ValueField.BOOLEAN, 0))
        node = self._said(MessageType.NBIRTH, at, [self._bd_metric(at), rebirth])
        return [node, *(self._device(MessageType.DBIRTH, meter, at) for meter in self._meters)]

    def tell(self, meter: SimulatedMeter, at: datetime) -> Sequence[Said]:
        """See Voice."""
        return [self._device(MessageType.DDATA, meter, at)]

    def answer(self, topic: str, payload: bytes, at: datetime) -> Sequence[Said]:
        """See Voice."""
        try:
            told = parse(payload).metrics if parse_topic(topic) else ()
        except ProtocolError:
            return []
        is_commanded = any(metric.name == REBIRTH and metric.value and metric.value.raw for metric in told)
        return self.greet(at) if is_commanded else []

    def _device(self, kind: MessageType, meter: SimulatedMeter, at: datetime) -> Said:
        registers = {name: meter.energy(at).register(name) for name in REGISTERS}
        metrics = [_metric(name, value, at, kind) for name, value in _values(meter, registers, at)]
        return self._said(kind, at, metrics, meter.address, Truth(_EPOCH + timedelta(milliseconds=_ms(at)), registers))

    def _said(
        self, kind: MessageType, at: datetime, metrics: Sequence[Metric], device: str = "", truth: Truth | None = None
    ) -> Said:
        self._seq = (self._seq + 1) % 256
        payload = encode(Payload(_ms(at), tuple(metrics), self._seq))
        return Said(self._edge.topic(kind, device), payload, device or None, truth, qos=0)

    def _bd_metric(self, at: datetime) -> Metric:
        value = encode_number(Decimal(self._bd_seq), DataType.INT64)
        return Metric("bdSeq", None, _ms(at), DataType.INT64, value=value)


def _metric(name: str, value: Decimal, at: datetime, kind: MessageType) -> Metric:
    told = encode_number(value, _TYPES[name])
    if kind is MessageType.DBIRTH:
        return Metric(name, _ALIASES[name], _ms(at), _TYPES[name], value=told)
    return Metric("", _ALIASES[name], _ms(at), value=told)


def _values(meter: SimulatedMeter, registers: Mapping[str, Decimal], at: datetime) -> Iterator[tuple[str, Decimal]]:
    shown = meter.snapshot(at)
    for name, register in registers.items():
        yield name, register * 1000
    for number, phase in enumerate(shown.phases, start=1):
        yield f"voltage_l{number}", phase.voltage_v
        yield f"current_l{number}", phase.current_a
    yield "active_power", Decimal(shown.active_w)
    yield "power_factor", shown.power_factor
    yield "frequency", shown.frequency_hz


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
