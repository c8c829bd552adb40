"""One device on its own, without registry or store: what `headend read` talks to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from collectors.gateway import FieldGateway
from collectors.line_urls import DeviceUrl, parse_device
from headend import shipped
from headend.bootstrap.field import build_field
from headend.clock import SystemClock
from headend.domain.collection import MeterAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, UsagePoint

PROTOCOL_ITEMS = frozenset({"clock", "address", "manufacturer", "model", "serial_number"})
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


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
    device = field.check_device(parse_device(url))
    for item in items:
        if item not in PROTOCOL_ITEMS and not is_data_identifier(item):
            field.types.find(item)
    return Device(_installation(device, clock.now()), lambda: FieldGateway(field.makers))


def is_data_identifier(item: str) -> bool:
    """Eight hex digits."""
    return len(item) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in item)


def _installation(device: DeviceUrl, now: datetime) -> MeterInstallation:
    line = Line(0, str(device.line))
    meter = Meter(0, device.server_address, device.protocol, device.profile, device.server_address, line)
    point = UsagePoint(0, device.server_address, CustomerClass.RESIDENTIAL)
    return MeterInstallation(0, point, meter, now.astimezone(UTC))
