"""MQTT driver: who publishes for a meter, and what the reports are worth in reading types. Holds no connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from collectors.conversation import Answer
from collectors.driver import Site
from collectors.mqtt.device import Device
from collectors.mqtt.edge_node import EdgeStation
from collectors.mqtt.messages import Report, Station, ToldValue
from collectors.places import place_of
from collectors.profiles import MqttForm, MqttProfile, MqttValue
from collectors.session import MeterSession
from collectors.units import power_of_ten
from headend.domain.collection import ItemError, MeterAnswer
from headend.domain.errors import ConfigError
from headend.domain.metering import MeterInstallation
from headend.domain.quality import ReadingQuality
from headend.domain.readings import ReadingSource
from protocols.errors import LocalProtocolError
from protocols.mqtt import TopicPattern
from protocols.sparkplug import parse_address

LARGEST_VALUE = Decimal(10) ** 11  # above every meter's; the store's integers must hold it
ROUNDED = frozenset({ReadingQuality.ROUNDED})


class MqttDriver:
    """Knows the profiles; asked by the line whom to listen to, and what was said."""

    def __init__(self, profiles: Mapping[str, MqttProfile], site: Site) -> None:
        self._profiles, self._site = profiles, site

    def station_name(self, installation: MeterInstallation) -> str:
        """Meters of one name share one station."""
        if self._profile(installation).form is MqttForm.SPARKPLUG:
            return f"edge node {parse_address(installation.meter.server_address)[0]}"
        return f"{installation.meter.profile} {installation.meter.server_address}"

    def station(self, installation: MeterInstallation) -> Station:
        """A fresh station that this meter publishes by; LocalProtocolError for an address that no topic can hold."""
        profile = self._profile(installation)
        if profile.form is MqttForm.SPARKPLUG:
            return EdgeStation(parse_address(installation.meter.server_address)[0], self._profiles)
        return Device(installation, profile, self._site.zone)

    def patience(self, installation: MeterInstallation) -> tuple[float, int]:
        """Seconds to wait for the answer to a request, and how often to ask."""
        timing = self._profile(installation).timing
        return timing.timeout_s, timing.attempts

    def periodic_items(self, installation: MeterInstallation) -> Sequence[str]:
        """All values of a meter that can be asked; none of one that reports by itself."""
        profile = self._profile(installation)
        return tuple(profile.told) if profile.request_topic else ()

    def is_enough(self, installation: MeterInstallation, items: Sequence[str], reports: Sequence[Report]) -> bool:
        """Whether there is nothing more to wait for."""
        if any(report.is_whole for report in reports):
            return True
        told = {name for report in reports for name, value in report.values if not value.is_historical}
        places = [place_of(item, self._profile(installation), self._site.types) for item in items]
        return all(isinstance(place, str) or place.reading_type in told for place in places)

    def answer(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource, reports: Sequence[Report]
    ) -> MeterAnswer:
        """What the reports say about the items, in the order asked; the newest report has the last word."""
        session = MeterSession(installation, source, self._site)
        for item in items:
            place = place_of(item, self._profile(installation), self._site.types)
            if isinstance(place, str):
                session.fail(item, ItemError.NOT_SUPPORTED, place)
            else:
                self._answer_item(session, item, place, reports)
        return session.answer()

    def told(self, report: Report, source: ReadingSource) -> MeterAnswer:
        """All values in a report, but what is not there."""
        session = MeterSession(report.installation, source, self._site)
        if report.problem:
            session.fail("state", ItemError.INVALID_DATA, report.problem, report.state.frame)
        places = self._profile(report.installation).told
        for name, value in report.values:
            if value.is_present:
                self._tell(session, name, places[name], value, report)
        return session.answer()

    def unanswered(
        self, installation: MeterInstallation, items: Sequence[str], source: ReadingSource, reason: str
    ) -> MeterAnswer:
        """Nothing came."""
        session = MeterSession(installation, source, self._site)
        for item in items:
            session.fail(item, ItemError.NO_ANSWER, reason)
        return session.answer()

    def _profile(self, installation: MeterInstallation) -> MqttProfile:
        return self._profiles[installation.meter.profile]

    def _answer_item(self, session: MeterSession, item: str, place: MqttValue, reports: Sequence[Report]) -> None:
        for report in reversed(reports):
            if report.problem:
                session.fail(item, ItemError.INVALID_DATA, report.problem, report.state.frame)
                return
            values = [v for name, v in report.values if name == place.reading_type and not v.is_historical]
            if values:
                self._tell(session, item, place, values[-1], report)
                return
        if any(report.is_whole for report in reports):
            session.fail(item, ItemError.NOT_PRESENT, f"nothing at {place.path}", reports[-1].state.frame)
        else:
            session.fail(item, ItemError.NO_ANSWER, f"{place.path} was not told in time")

    def _tell(self, session: MeterSession, item: str, place: MqttValue, value: ToldValue, report: Report) -> None:
        state = report.state
        session.heard(Answer(state, state.frame, state.asked_at or state.received_at, state.received_at))
        if value.number is None:
            error = ItemError.INVALID_DATA if value.is_present else ItemError.NOT_PRESENT
            session.fail(item, error, value.problem, state.frame)
            return
        reading_type = self._site.types.by_name(place.reading_type)
        number = value.number.scaleb(power_of_ten(place.unit, reading_type.unit) or 0)
        if abs(number) >= LARGEST_VALUE:
            problem = f"{number:f} {reading_type.unit} is beyond every meter"
            session.fail(item, ItemError.INVALID_DATA, problem, state.frame)
            return
        session.value(
            item,
            reading_type,
            f"{number:f}",
            number,
            reading_type.unit,
            frame=state.frame,
            measured_at=value.measured_at,
            qualities=ROUNDED if value.is_rounded else frozenset(),
        )


def address_in(profile: MqttProfile, path: str) -> str:
    """The meter's address in the path of a URL: the whole topic of a JSON state, else the address itself.

    ConfigError with the right form where it is something else.
    """
    if profile.form is not MqttForm.JSON:
        return check_mqtt_address(profile, path)
    address = TopicPattern(profile.topic).address(path)
    if address is None:
        raise ConfigError(
            f"{path!r} is no state topic of {profile.name}", key="url", remedy=f"write {profile.topic} as the path"
        )
    return address


def check_mqtt_address(profile: MqttProfile, address: str) -> str:
    """The address; ConfigError where no topic of this profile can hold it."""
    try:
        if profile.form is MqttForm.SPARKPLUG:
            parse_address(address)
        else:
            TopicPattern(profile.topic).topic(address)
    except LocalProtocolError as error:
        raise ConfigError(str(error), key="server_address") from error
    return address
