"""The field of a site: drivers with their profiles, lines by URL scheme, and the check of a meter's route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from collectors.driver import Site, StreamDriver
from collectors.drivers.dlt645 import Dlt645Driver
from collectors.drivers.dlt698 import Dlt698Driver
from collectors.drivers.gdw1376 import Gdw1376Driver
from collectors.drivers.modbus import ModbusDriver
from collectors.drivers.mqtt import MqttDriver, address_in, check_mqtt_address
from collectors.gateway import MakeLine
from collectors.line_urls import TERMINAL_SCHEMES, DeviceUrl, LineUrl, check_address, check_way, parse_line
from collectors.lines import LineState, StreamLine, stream_line
from collectors.mqtt.messages import MeterNews
from collectors.mqtt_line import Listening, MqttLine, nobody
from collectors.own_clock import OwnClock
from collectors.profiles import Dlt645Profile, Dlt698Profile, ModbusProfile, MqttProfile
from collectors.shards.shards import NO_SHARDS, Shards
from collectors.sunspec_meters import IDENTITY as SUNSPEC_IDENTITY
from collectors.sunspec_meters import PROFILE as SUNSPEC
from collectors.terminals.lines import Listeners
from collectors.terminals.profile import Gdw1376Profile
from collectors.transports.broker_access import access_of
from headend import shipped
from headend.clock import SystemRandom
from headend.clock_files import clock_terms
from headend.domain.errors import ConfigError
from headend.domain.metering import MeterInstallation, Protocol
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock, ReadingSink

Checked = TypeVar("Checked")
OnNews = Callable[[MeterNews], None]


@dataclass(frozen=True, slots=True)
class Field:
    """The field as one head-end sees it: reading types, profile names by protocol, lines by URL scheme.

    `shards` own some of the lines in processes of their own, and run beside the gateway.
    """

    types: ReadingTypeTable
    profile_names: Mapping[Protocol, frozenset[str]]
    makers: Mapping[str, MakeLine]
    mqtt_profiles: Mapping[str, MqttProfile]
    stream_drivers: Mapping[Protocol, StreamDriver]
    identities: Mapping[tuple[Protocol, str], str]
    shards: Shards = NO_SHARDS

    def identity_item(self, installation: MeterInstallation) -> str:
        """What this meter is asked for to know who it is; empty when it cannot tell."""
        return self.identities.get((installation.meter.protocol, installation.meter.profile), "")

    def check_route(self, protocol: Protocol, address: str, url: str, profile: str) -> tuple[str, str]:
        """Address and line URL in full form; ConfigError with column and remedy for a way that cannot work."""
        self.check_profile(protocol, profile)
        line = _about("line_url", lambda: parse_line(url))
        _about("line_url", lambda: check_way(protocol, line, url))
        if protocol is Protocol.MQTT:
            _about("line_url", access_of(line).open)
            check_mqtt_address(self.mqtt_profiles[profile], address)
        return _about("server_address", lambda: check_address(protocol, address, address)), str(line)

    def check_profile(self, protocol: Protocol, profile: str) -> None:
        """ConfigError when there is no such profile."""
        known = self.profile_names[protocol]
        if profile not in known:
            raise ConfigError(
                f"no profile {profile!r} for {protocol}", key="profile", remedy=f"known: {', '.join(sorted(known))}"
            )

    def check_device(self, device: DeviceUrl) -> DeviceUrl:
        """The device with its own address, where the URL holds a topic; ConfigError for a profile that does not fit."""
        self.check_profile(device.protocol, device.profile)
        if device.protocol is not Protocol.MQTT:
            return device
        access_of(device.line).open()
        return replace(device, server_address=address_in(self.mqtt_profiles[device.profile], device.server_address))


def _about(column: str, check: Callable[[], Checked]) -> Checked:
    """The checked value; a ConfigError is told about the column it came from."""
    try:
        return check()
    except ConfigError as error:
        problem = f"{error.file}: {error.problem}" if error.file else error.problem
        raise ConfigError(problem, key=column, remedy=error.remedy) from error


def build_field(
    root: Path, zone: ZoneInfo, clock: Clock, broker_identifier: str = "", on_news: OnNews = nobody
) -> Field:
    """Reading types, profiles and drivers from the shipped data; brokers keep messages for a named head-end."""
    types = shipped.reading_types(root)
    trusted = timedelta(seconds=clock_terms(root).jumps.trusted_s)
    site = Site(types, zone, clock.now, trusted, OwnClock(clock).set_by)
    drivers, profile_names = _stream_drivers(root, site)
    gdw1376 = shipped.profiles(root, "gdw1376", Gdw1376Profile)
    terminal_drivers = {**drivers, Protocol.GDW1376: Gdw1376Driver(gdw1376, site)}
    listeners = Listeners(clock, zone)
    mqtt = shipped.telling_profiles(root, "mqtt", MqttProfile, types)
    mqtt_driver = MqttDriver(mqtt, site)

    def over_stream(url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> StreamLine:
        return stream_line(url, drivers, clock, on_state, SystemRandom())

    def over_terminal(url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> StreamLine:
        return listeners.line(url, terminal_drivers, on_state)

    def over_broker(url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> MqttLine:
        return MqttLine(url, mqtt_driver, Listening(broker_identifier, sink, on_news), clock=clock, on_state=on_state)

    return Field(
        types=types,
        profile_names=profile_names | {Protocol.MQTT: frozenset(mqtt), Protocol.GDW1376: frozenset(gdw1376)},
        makers=dict.fromkeys(TERMINAL_SCHEMES, over_terminal)
        | {"tcp": over_stream, "serial": over_stream, "mqtt": over_broker, "mqtts": over_broker},
        mqtt_profiles=mqtt,
        stream_drivers=drivers,
        identities=_identities(root, types),
    )


def _identities(root: Path, types: ReadingTypeTable) -> dict[tuple[Protocol, str], str]:
    """The item by which the meters of each profile tell who they are."""
    told: dict[tuple[Protocol, str], str] = {(Protocol.MODBUS, SUNSPEC): SUNSPEC_IDENTITY}
    for protocol, found in (
        (Protocol.DLT645, shipped.profiles(root, "dlt645", Dlt645Profile)),
        (Protocol.DLT698, shipped.profiles(root, "dlt698", Dlt698Profile)),
        (Protocol.MODBUS, shipped.telling_profiles(root, "modbus", ModbusProfile, types)),
    ):
        told |= {(protocol, profile.name): profile.identity for profile in found.values() if profile.identity}
    return told


def _stream_drivers(root: Path, site: Site) -> tuple[dict[Protocol, StreamDriver], dict[Protocol, frozenset[str]]]:
    """The drivers of meters on byte lines, and the names of the profiles that each knows."""
    dlt645 = shipped.profiles(root, "dlt645", Dlt645Profile)
    dlt698 = shipped.profiles(root, "dlt698", Dlt698Profile)
    modbus = shipped.telling_profiles(root, "modbus", ModbusProfile, site.types)
    sunspec_models = shipped.telling_profiles(root, "modbus/sunspec", ModbusProfile, site.types)
    drivers: dict[Protocol, StreamDriver] = {
        Protocol.DLT645: Dlt645Driver(dlt645, site),
        Protocol.DLT698: Dlt698Driver(dlt698, site),
        Protocol.MODBUS: ModbusDriver(modbus, site, sunspec_models.values()),
    }
    names = {
        Protocol.DLT645: frozenset(dlt645),
        Protocol.DLT698: frozenset(dlt698),
        Protocol.MODBUS: frozenset({*modbus, SUNSPEC}),
    }
    return drivers, names
