"""A device that publishes its own state: JSON objects on one topic, or bare numbers on a topic each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from collectors.mqtt.messages import Hearing, MeterNews, Report, Request, State, ToldValue
from collectors.profiles import MqttForm, MqttProfile
from headend.domain.events import EventKind
from headend.domain.metering import MeterInstallation
from protocols.errors import ProtocolError, RemoteProtocolError
from protocols.mqtt import Follows, Payload, SequenceWatch, Step, Told, TopicPattern, parse, parse_text, read_time


@dataclass(slots=True)
class Device:
    """Station of one meter. A message that comes again with the same number says nothing again."""

    installation: MeterInstallation
    profile: MqttProfile
    zone: tzinfo
    _sequence: SequenceWatch = field(default_factory=SequenceWatch)
    _is_online: bool = True

    @property
    def filters(self) -> frozenset[str]:
        """See Station."""
        return frozenset([*self._topics(), *filter(None, [self._status_topic])])

    def serve(self, installations: Sequence[MeterInstallation]) -> None:
        """See Station."""
        self.installation = installations[0]

    def hear(self, state: State) -> Hearing:
        """See Station."""
        if state.topic == self._status_topic:
            return self._heard_status(state)
        if self.profile.form is MqttForm.BARE:
            return Hearing((self._bare(state),))
        try:
            payload = parse(state.payload)
            self._check_identity(payload)
            follows = self._number(payload, state)
            measured_at = self._measured_at(payload)
        except ProtocolError as nonsense:
            return Hearing((Report(self.installation, state, problem=str(nonsense), is_whole=True),))
        if follows.step is Step.AGAIN:
            return Hearing()
        news = self._lost(follows.lost) if follows.step is Step.GAP else ()
        if state.is_retained and measured_at is None:
            return Hearing(news=news)  # old, and nobody knows how old
        values = [(name, _told(payload.number(v.path), measured_at)) for name, v in self.profile.told.items()]
        return Hearing((Report(self.installation, state, values, is_whole=True),), news)

    def request(self, installation: MeterInstallation, now: datetime) -> Request | None:
        """See Station."""
        if not self.profile.request_topic:
            return None
        return Request(self._topic(self.profile.request_topic), self.profile.request_payload.encode())

    def wish(self, now: datetime) -> Request | None:
        """See Station."""
        return None

    def connected(self) -> None:
        """See Station. What was heard but not yet durable comes again."""
        self._sequence.forget()

    def _bare(self, state: State) -> Report:
        name = self._topics()[state.topic]
        values = () if state.is_retained else ((name, _told(parse_text(state.payload), None)),)
        return Report(self.installation, state, values)

    def _heard_status(self, state: State) -> Hearing:
        is_online = state.payload.decode("utf-8", "replace") != self.profile.status_offline
        if is_online == self._is_online:
            return Hearing()
        self._is_online = is_online
        kind, detail = (EventKind.METER_BACK, "") if is_online else (EventKind.METER_SILENT, "the broker lost it")
        return Hearing(news=(MeterNews(kind, self.installation, detail),))

    def _check_identity(self, payload: Payload) -> None:
        told = payload.at(self.profile.identity_path) if self.profile.identity_path else None
        if told is not None and told != self.installation.meter.server_address:
            raise RemoteProtocolError(f"says that it is {str(told)[:40]!r}, on another meter's topic")

    def _number(self, payload: Payload, state: State) -> Follows:
        told = payload.at(self.profile.sequence_path) if self.profile.sequence_path else None
        if told is None or state.is_retained:
            return Follows(Step.NEXT)
        if isinstance(told, bool) or not isinstance(told, int) or told < 0:
            raise RemoteProtocolError(f"sequence number {str(told)[:40]!r}")
        return self._sequence.follow(told, state.payload)

    def _lost(self, count: int) -> tuple[MeterNews, ...]:
        return (MeterNews(EventKind.MESSAGES_LOST, self.installation, f"{count} of its messages did not come"),)

    def _measured_at(self, payload: Payload) -> datetime | None:
        told = payload.at(self.profile.time_path) if self.profile.time_path else None
        return None if told is None else read_time(told, self.profile.time_format, self.zone)

    def _topics(self) -> dict[str, str]:
        """Reading types by topic; "" where one topic tells all."""
        if self.profile.form is not MqttForm.BARE:
            return {self._topic(self.profile.topic): ""}
        told = self.profile.told.items()
        return {self._topic(self.profile.topic.replace("{path}", value.path)): name for name, value in told}

    @property
    def _status_topic(self) -> str:
        return self._topic(self.profile.status_topic) if self.profile.status_topic else ""

    def _topic(self, pattern: str) -> str:
        return TopicPattern(pattern).topic(self.installation.meter.server_address)


def _told(told: Told, measured_at: datetime | None) -> ToldValue:
    return ToldValue(told.value, told.problem, told.is_present, measured_at)
