"""Puts the parts together: the only module that picks adapters. Nothing starts before it is entered or run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.drivers.dlt645 import Dlt645Driver
from collectors.drivers.driver import Site, StreamDriver
from collectors.gateway import FieldGateway, MakeLine
from collectors.line_urls import DeviceUrl, LineUrl, check_address, parse_device, parse_line
from collectors.lines import LineState, StreamLine, stream_line
from collectors.profiles import Dlt645Profile
from headend import shipped
from headend.clock import SystemClock
from headend.decoding import decoder
from headend.domain.collection import MeterAnswer
from headend.domain.errors import ConfigError
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, Protocol, UsagePoint
from headend.domain.reading_types import ReadingTypeTable
from headend.ports import Clock
from simulators import FleetPlan, run_simulator

DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Field:
    """The field as one head-end sees it: reading types, profile names by protocol, lines by URL scheme."""

    types: ReadingTypeTable
    profile_names: Mapping[Protocol, frozenset[str]]
    makers: Mapping[str, MakeLine]

    def check_route(self, protocol: Protocol, address: str, url: str, profile: str) -> tuple[str, str]:
        """Address and line URL in full form; ConfigError with column and remedy for a way that cannot work."""
        self.check_profile(protocol, profile)
        line = parse_line(url)
        if (line.scheme == "mqtt") != (protocol is Protocol.MQTT):
            raise ConfigError(f"{protocol} does not travel over {line.scheme}", key="line_url")
        try:
            return check_address(protocol, address, address), str(line)
        except ConfigError as error:
            raise ConfigError(error.problem, key="server_address", remedy=error.remedy) from error

    def check_profile(self, protocol: Protocol, profile: str) -> None:
        """ConfigError when there is no such profile."""
        known = self.profile_names[protocol]
        if profile not in known:
            raise ConfigError(
                f"no profile {profile!r} for {protocol}", key="profile", remedy=f"known: {', '.join(sorted(known))}"
            )


def build_field(root: Path, zone: ZoneInfo, clock: Clock) -> Field:
    """Reading types, profiles and drivers from the shipped data."""
    types = shipped.reading_types(root)
    site = Site(types, zone, clock.now)
    dlt645 = shipped.profiles(root, "dlt645", Dlt645Profile)
    drivers: Mapping[Protocol, StreamDriver] = {Protocol.DLT645: Dlt645Driver(dlt645, site)}

    def over_stream(url: LineUrl, on_state: LineState) -> StreamLine:
        return stream_line(url, drivers, clock, on_state)

    return Field(
        types=types,
        profile_names={Protocol.DLT645: frozenset(dlt645)},
        makers={"tcp": over_stream, "serial": over_stream},
    )


@dataclass(frozen=True, slots=True)
class Device:
    """One device without a registry or a store: what `headend read` talks to."""

    installation: MeterInstallation
    make_gateway: Callable[[], FieldGateway]

    async def read(self, items: Sequence[str], timeout_s: float) -> MeterAnswer:
        """Open the line, ask, close."""
        gateway = self.make_gateway()
        owner = asyncio.create_task(gateway.run())
        try:
            await gateway.is_running.wait()
            return await gateway.read(self.installation, items, timeout_s)
        finally:
            owner.cancel()
            await asyncio.gather(owner, return_exceptions=True)


def open_device(url: str, items: Sequence[str]) -> Device:
    """The device of a URL; ConfigError for the URL, UnknownReadingType for an item that nobody knows."""
    clock = SystemClock()
    field = build_field(shipped.config_root(), DEFAULT_ZONE, clock)
    device = parse_device(url)
    field.check_profile(device.protocol, device.profile)
    for item in items:
        if not is_data_identifier(item):
            field.types.find(item)
    return Device(_installation(device, clock.now()), lambda: FieldGateway(field.makers))


async def simulate_fleet(
    protocol: str,
    listen_url: str,
    meters: int,
    first_address: str,
    *,
    seed: int,
    witness: Path | None,
    announce: Callable[[str], None],
) -> None:
    """Simulated meters on one line until cancelled; SimulatorError, or ValueError for a wrong address."""
    plan = FleetPlan(meters, first_address, seed)
    await run_simulator(protocol, listen_url, plan, now=SystemClock().now, announce=announce, witness=witness)


def frame_decoder(protocol: str) -> Callable[[str], Sequence[Mapping[str, object]]]:
    """Describes a line of hex; ConfigError for a protocol that no decoder knows."""
    return decoder(protocol, shipped.reading_types(shipped.config_root()))


def is_data_identifier(item: str) -> bool:
    """Eight hex digits."""
    return len(item) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in item)


def _installation(device: DeviceUrl, now: datetime) -> MeterInstallation:
    line = Line(0, str(device.line))
    meter = Meter(0, device.server_address, device.protocol, device.profile, device.server_address, line)
    point = UsagePoint(0, device.server_address, CustomerClass.RESIDENTIAL)
    return MeterInstallation(0, point, meter, now.astimezone(UTC))
