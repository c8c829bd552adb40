"""What a host knows of one edge node: its births, its aliases, its sequence number. No connection and no clock.

After a gap in the sequence a birth may have been missed, and with it a new meaning of an alias. Metrics by name are
still what they say; metrics by alias are believed again after the next birth. The host asks for one (`why_rebirth`).
One loss nobody can notice: a birth gone with so many messages that the next number fits. Nothing in the data tells.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from protocols.errors import RemoteProtocolError
from protocols.sparkplug.payload import Metric, Payload, Value, ValueField, encode, parse
from protocols.sparkplug.topics import MessageType, SparkplugTopic

SEQUENCE: Final = 256
MOST_DEVICES: Final = 1_000
REMEMBERED: Final = 16
REBIRTH: Final = "Node Control/Rebirth"
NODE: Final = ""
_BIRTHS: Final = frozenset({MessageType.NBIRTH, MessageType.DBIRTH})
_DEATHS: Final = frozenset({MessageType.NDEATH, MessageType.DDEATH})
_DATA: Final = frozenset({MessageType.NDATA, MessageType.DDATA})


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says: metrics with name and type, who is online now (True) or offline (False), lost messages."""

    device: str = NODE
    metrics: tuple[Metric, ...] = ()
    timestamp_ms: int | None = None
    is_birth: bool = False
    online: Mapping[str, bool] = field(default_factory=dict)
    lost: int = 0
    unknown: int = 0


NOTHING: Final = Heard()


@dataclass(slots=True)
class _Birth:
    timestamp_ms: int
    types: dict[str, int]
    names: dict[int, str]


def rebirth_command(timestamp_ms: int) -> bytes:
    """What makes an edge node tell everything again."""
    value = Value(ValueField.BOOLEAN, 1)
    return encode(Payload(timestamp_ms, (Metric(REBIRTH, timestamp_ms=timestamp_ms, datatype=11, value=value),)))


class SparkplugSession:
    """One edge node as heard from now on."""

    def __init__(self) -> None:
        self._births: dict[str, _Birth] = {}
        self._seq: int | None = None
        self._bd_seq: int | None = None
        self._is_sound = True
        self._late_ms = -1
        self._last = deque[tuple[SparkplugTopic, bytes]](maxlen=REMEMBERED)
        self.why_rebirth = "its birth was not heard"

    def receive(self, topic: SparkplugTopic, raw: bytes) -> Heard:
        """What a message says; RemoteProtocolError where its bytes are nonsense. One that comes again says nothing."""
        if (topic, raw) in self._last:
            return NOTHING
        payload = parse(raw)
        self._last.append((topic, raw))
        if topic.kind in _BIRTHS:
            return self._born(topic, payload)
        if topic.kind in _DEATHS:
            return self._died(topic, payload)
        return self._told(topic, payload) if topic.kind in _DATA else NOTHING

    def _born(self, topic: SparkplugTopic, payload: Payload) -> Heard:
        birth, metrics = _birth(payload)
        if self._is_stale(payload) and not self._is_second(topic, birth):
            return NOTHING
        lost = 0
        if topic.kind is MessageType.NBIRTH:
            self._births.clear()
            self._seq, self._is_sound, self.why_rebirth, self._late_ms = payload.seq, True, "", -1
            self._bd_seq = _bd_seq(payload)
        elif NODE not in self._births:
            return NOTHING
        else:
            lost = self._count(payload)
        if len(self._births) >= MOST_DEVICES:
            raise RemoteProtocolError(f"more than {MOST_DEVICES} devices")
        self._births[topic.device] = birth
        return Heard(topic.device, metrics, payload.timestamp_ms, True, {topic.device: True}, lost)

    def _died(self, topic: SparkplugTopic, payload: Payload) -> Heard:
        if topic.kind is MessageType.DDEATH:
            lost = self._count(payload)
            self._births.pop(topic.device, None)
            return Heard(topic.device, online={topic.device: False}, lost=lost)
        told = _bd_seq(payload)
        if None not in (told, self._bd_seq) and told != self._bd_seq:
            return NOTHING  # the will of an earlier connection
        gone = dict.fromkeys([NODE, *self._births], False)
        self._births.clear()
        self._last.clear()
        self._seq, self.why_rebirth = None, ""  # it comes back with a birth
        return Heard(online=gone)

    def _told(self, topic: SparkplugTopic, payload: Payload) -> Heard:
        if self._is_stale(payload):
            return NOTHING
        lost = self._count(payload)
        birth = self._births.get(topic.device)
        known = [self._known(metric, birth) for metric in payload.metrics]
        metrics = tuple(metric for metric in known if metric is not None)
        unknown = len(known) - len(metrics)
        if birth is None:
            self.why_rebirth = self.why_rebirth or f"{topic.device or 'its'} birth was not heard"
        elif unknown:
            self.why_rebirth = self.why_rebirth or "an alias that its birth did not name"
        return Heard(topic.device, metrics, payload.timestamp_ms, lost=lost, unknown=unknown)

    def _known(self, metric: Metric, birth: _Birth | None) -> Metric | None:
        """With name and type, or None where nobody can say what it is."""
        name = metric.name
        if not name and birth is not None and self._is_sound and metric.alias is not None:
            name = birth.names.get(metric.alias, "")
        datatype = metric.datatype or (birth.types.get(name, 0) if birth is not None else 0)
        return replace(metric, name=name, datatype=datatype) if name and datatype else None

    def _is_stale(self, payload: Payload) -> bool:
        """Sent before the birth that we know and overtaken by it, or the node's clock was set back: a birth tells."""
        birth = self._births.get(NODE)
        if birth is None or payload.timestamp_ms is None or payload.timestamp_ms >= birth.timestamp_ms:
            return False
        self.why_rebirth = self.why_rebirth or "it tells an earlier time than its birth"
        return True

    def _is_second(self, topic: SparkplugTopic, birth: _Birth) -> bool:
        """Of a clock set back a later birth comes soon, of an overtaken birth none."""
        if topic.kind is not MessageType.NBIRTH:
            return False
        before, self._late_ms = self._late_ms, max(self._late_ms, birth.timestamp_ms)
        return birth.timestamp_ms > before >= 0

    def _count(self, payload: Payload) -> int:
        """How many messages were lost before this one; one that was overtaken is late, not a new loss."""
        if payload.seq is None or self._seq is None:
            self._seq = payload.seq
            return 0
        lost = (payload.seq - self._seq - 1) % SEQUENCE
        if lost >= SEQUENCE // 2:
            return 0
        self._seq = payload.seq
        if lost:
            self._is_sound, self.why_rebirth = False, f"{lost} messages were lost"
        return lost


def _birth(payload: Payload) -> tuple[_Birth, tuple[Metric, ...]]:
    named = tuple(metric for metric in payload.metrics if metric.name)
    names = {metric.alias: metric.name for metric in named if metric.alias is not None}
    if len(names) < sum(metric.alias is not None for metric in named):
        raise RemoteProtocolError("a birth gives an alias to two metrics")
    return _Birth(payload.timestamp_ms or 0, {metric.name: metric.datatype for metric in named}, names), named


def _bd_seq(payload: Payload) -> int | None:
    told: Sequence[Metric] = [metric for metric in payload.metrics if metric.name == "bdSeq" and metric.value]
    value = told[0].value if told else None
    return value.raw if value is not None and isinstance(value.raw, int) else None
