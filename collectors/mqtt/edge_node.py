"""A Sparkplug B edge node with the meters behind it. Asks it for a new birth when it cannot be understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from collectors.mqtt.messages import Hearing, MeterNews, Report, Request, State, ToldValue
from collectors.profiles import MqttProfile, MqttValue
from headend.domain.events import EventKind
from headend.domain.metering import MeterInstallation
from protocols.errors import ProtocolError
from protocols.mqtt import TimeFormat, read_time
from protocols.sparkplug import (
    EdgeNode,
    Heard,
    MessageType,
    Metric,
    SparkplugSession,
    number_of,
    parse_address,
    parse_topic,
    rebirth_command,
)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EdgeStation:
    """Station of one edge node. A meter is a device of it, or the node itself."""

    def __init__(self, edge: EdgeNode, profiles: Mapping[str, MqttProfile]) -> None:
        self._edge, self._profiles = edge, profiles
        self._session = SparkplugSession()
        self._meters: Mapping[str, MeterInstallation] = {}
        self._offline = set[str]()
        self._asked_at: datetime | None = None
        self._pause = FIRST_PAUSE

    @property
    def filters(self) -> frozenset[str]:
        """See Station."""
        return frozenset(self._edge.filters)

    def serve(self, installations: Sequence[MeterInstallation]) -> None:
        """See Station."""
        self._meters = {parse_address(meter.meter.server_address)[1]: meter for meter in installations}

    def hear(self, state: State) -> Hearing:
        """See Station."""
        topic = parse_topic(state.topic)
        if topic is None or topic.edge != self._edge or state.is_retained:
            return Hearing()  # a retained birth may be older than the aliases in use
        meter, self._pause = self._meters.get(topic.device), FIRST_PAUSE
        try:
            heard = self._session.receive(topic, state.payload)
        except ProtocolError as nonsense:
            return Hearing((Report(meter, state, problem=str(nonsense)),) if meter else ())
        return Hearing(self._reports(meter, heard, state), (*self._lost(heard), *self._ups_and_downs(heard)))

    def request(self, installation: MeterInstallation, now: datetime) -> Request | None:
        """See Station. A node that says nothing is asked less and less often."""
        if self._asked_at is not None:
            if now - self._asked_at < self._pause:
                return None
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._asked_at = now
        command = rebirth_command((now - _EPOCH) // timedelta(milliseconds=1))
        return Request(self._edge.topic(MessageType.NCMD), command)

    def wish(self, now: datetime) -> Request | None:
        """See Station."""
        if not self._session.why_rebirth or not self._meters:
            return None
        return self.request(next(iter(self._meters.values())), now)

    def connected(self) -> None:
        """See Station."""
        self._session = SparkplugSession()

    def _reports(self, meter: MeterInstallation | None, heard: Heard, state: State) -> tuple[Report, ...]:
        if meter is None or not (heard.metrics or heard.is_birth):
            return ()
        told = {value.path: (name, value) for name, value in self._profiles[meter.meter.profile].told.items()}
        wanted = [(metric, *told[metric.name]) for metric in heard.metrics if metric.name in told]
        values = [(name, _value(metric, value, heard.timestamp_ms)) for metric, name, value in wanted]
        return (Report(meter, state, values, is_whole=heard.is_birth),)

    def _lost(self, heard: Heard) -> tuple[MeterNews, ...]:
        detail = f"{heard.lost} messages of edge node {self._edge} did not come"
        return tuple(MeterNews(EventKind.MESSAGES_LOST, meter, detail) for meter in self._meters.values() if heard.lost)

    def _ups_and_downs(self, heard: Heard) -> tuple[MeterNews, ...]:
        news = []
        for device, is_online in heard.online.items():
            if is_online != (device in self._offline):
                continue
            (self._offline.discard if is_online else self._offline.add)(device)
            kind = EventKind.METER_BACK if is_online else EventKind.METER_SILENT
            detail = "" if is_online else f"edge node {self._edge} says that it is offline"
            if device in self._meters:
                news.append(MeterNews(kind, self._meters[device], detail))
        return tuple(news)


def _value(metric: Metric, value: MqttValue, timestamp_ms: int | None) -> ToldValue:
    number = number_of(metric, value.resolution or Decimal(1))
    told_ms = metric.timestamp_ms if metric.timestamp_ms is not None else timestamp_ms
    try:
        measured_at = None if told_ms is None else read_time(told_ms, TimeFormat.EPOCH_MS, UTC)
    except ProtocolError as nonsense:
        return ToldValue(None, str(nonsense))
    return ToldValue(
        number.value, number.problem, number.is_present, measured_at, metric.is_historical, number.is_rounded
    )
