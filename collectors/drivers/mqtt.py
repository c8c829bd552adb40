"""MQTT driver: which topics belong to a meter and what its JSON payloads mean by the profile. Holds no connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from collectors.conversation import Answer
from collectors.driver import Site
from collectors.places import place_of
from collectors.profiles import MqttProfile, MqttValue
from collectors.session import MeterSession
from collectors.units import power_of_ten
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import ConfigError
from headend.domain.metering import MeterInstallation
from headend.domain.readings import RawFrame, ReadingSource
from protocols.errors import ProtocolError
from protocols.mqtt import Payload, TopicPattern, parse, read_time

LARGEST_VALUE = Decimal(10) ** 11  # above every meter's; the store's integers must hold it


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a device report at once."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class State:
    """A message of a meter's state topic, when it came, and the request that it may answer."""

    topic: str
    payload: bytes
    is_retained: bool
    received_at: datetime
    request: Request | None = None
    asked_at: datetime | None = None

    @property
    def frame(self) -> RawFrame:
        """The proof: topic and payload in both directions."""
        asked = f"{self.request.topic} {self.request.payload}".encode() if self.request else b""
        return RawFrame(asked, self.topic.encode() + b" " + self.payload)


class MqttDriver:
    """Knows the profiles; asked by the line what to subscribe to, what to publish and what came."""

    def __init__(self, profiles: Mapping[str, MqttProfile], site: Site) -> None:
        self._profiles, self._site = profiles, site

    def topic(self, installation: MeterInstallation) -> str:
        """The topic that this meter's state comes on; LocalProtocolError for an address no topic can hold."""
        return TopicPattern(self._profile(installation).topic).topic(installation.meter.server_address)

    def request(self, installation: MeterInstallation) -> Request | None:
        """What to publish to make this meter report, or None where it reports by itself only."""
        profile = self._profile(installation)
        if not profile.request_topic:
            return None
        topic = TopicPattern(profile.request_topic).topic(installation.meter.server_address)
        return Request(topic, profile.request_payload)

    def patience(self, installation: MeterInstallation) -> tuple[float, int]:
        """Seconds to wait for the answer to a request, and how often to ask."""
        timing = self._profile(installation).timing
        return timing.timeout_s, timing.attempts

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """All values of a meter that can be asked; none of one that reports by itself."""
        profile = self._profile(installation)
        return tuple(profile.told) if profile.request_topic else ()

    def answer(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource, state: State
    ) -> MeterAnswer:
        """What a state says about the items, in the order asked."""
        session = MeterSession(installation, source, self._site)
        wanted = {item: place_of(item, self._profile(installation), self._site.types) for item in items}
        self._tell(session, wanted, state)
        return session.answer()

    def told(self, installation: MeterInstallation, state: State, source: ReadingSource) -> MeterAnswer:
        """All values in a state; none in a retained one that does not say when it was true."""
        session = MeterSession(installation, source, self._site)
        profile = self._profile(installation)
        try:
            payload = parse(state.payload)
            measured_at = self._measured_at(profile, payload)
        except ProtocolError as nonsense:
            session.fail("state", ItemError.INVALID_DATA, str(nonsense), state.frame)
            return session.answer()
        if state.is_retained and measured_at is None:
            return session.answer()
        there: Mapping[str, MqttValue | str] = {
            name: value for name, value in profile.told.items() if payload.at(value.path) is not None
        }
        self._tell(session, there, state)
        return session.answer()

    def unanswered(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource, reason: str
    ) -> MeterAnswer:
        """No state came."""
        session = MeterSession(installation, source, self._site)
        for item in items:
            session.fail(item, ItemError.NO_ANSWER, reason)
        return session.answer()

    def _profile(self, installation: MeterInstallation) -> MqttProfile:
        return self._profiles[installation.meter.profile]

    def _measured_at(self, profile: MqttProfile, payload: Payload) -> datetime | None:
        told = payload.at(profile.time_path) if profile.time_path else None
        return None if told is None else read_time(told, profile.time_format, self._site.zone)

    def _tell(self, session: MeterSession, wanted: Mapping[str, MqttValue | str], state: State) -> None:
        frame, problem = state.frame, ""
        session.heard(Answer(state, frame, state.asked_at or state.received_at, state.received_at))
        payload, measured_at = Payload({}), None
        try:
            payload = parse(state.payload)
            measured_at = self._measured_at(self._profile(session.installation), payload)
        except ProtocolError as nonsense:
            problem = str(nonsense)
        for item, value in wanted.items():
            if isinstance(value, str):
                session.fail(item, ItemError.NOT_SUPPORTED, value)
            elif problem:
                session.fail(item, ItemError.INVALID_DATA, problem, frame)
            else:
                self._tell_value(session, item, value, payload, measured_at, frame)

    def _tell_value(
        self,
        session: MeterSession,
        item: str,
        value: MqttValue,
        payload: Payload,
        measured_at: datetime | None,
        frame: RawFrame,
    ) -> None:
        told = payload.number(value.path)
        if told.value is None:
            error = ItemError.INVALID_DATA if told.is_present else ItemError.NOT_PRESENT
            session.fail(item, error, told.problem, frame)
            return
        reading_type = self._site.types.by_name(value.reading_type)
        number = told.value.scaleb(power_of_ten(value.unit, reading_type.unit) or 0)
        if abs(number) >= LARGEST_VALUE:
            session.fail(item, ItemError.INVALID_DATA, f"{number:f} {reading_type.unit} is beyond every meter", frame)
            return
        session.value(
            item, reading_type, f"{number:f}", number, reading_type.unit, frame=frame, measured_at=measured_at
        )


def address_in(profile: MqttProfile, topic: str) -> str:
    """The meter's address in a state topic; ConfigError with the right form where it is another topic."""
    address = TopicPattern(profile.topic).address(topic)
    if address is None:
        raise ConfigError(
            f"{topic!r} is no state topic of {profile.name}", key="url", remedy=f"write {profile.topic} as the path"
        )
    return address
