"""One device on its own, without registry or store: what `headend read` talks to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from collectors.gateway import FieldGateway, MakeLine
from collectors.line_urls import DeviceUrl, LineUrl, parse_device
from collectors.lines import LineState, StreamLine, channel
from collectors.transports.capturing import CapturingPipe, Record
from headend import shipped
from headend.bootstrap.field import Field, build_field
from headend.clock import SystemClock
from headend.domain.collection import MeterAnswer
from headend.domain.metering import CustomerClass, Line, Meter, MeterInstallation, UsagePoint
from headend.ports import Clock, ReadingSink

WIRES = ("tcp", "serial")
PROTOCOL_ITEMS = frozenset({"clock", "address", "manufacturer", "model", "serial_number"})
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Device:
    """One device without a registry or a store: what `headend read` talks to."""

    installation: MeterInstallation
    field: Field
    clock: Clock
    record: Record | None = None

    async def read(self, items: Sequence[str], timeout_s: float) -> MeterAnswer:
        """Open the line, ask, close."""
        gateway = FieldGateway(self._makers(), clock=self.clock)
        owner = asyncio.create_task(gateway.run())
        try:
            await gateway.is_running.wait()
            return await gateway.read(self.installation, items, timeout_s)
        finally:
            owner.cancel()
            await asyncio.gather(owner, return_exceptions=True)

    def recorded_by(self, record: Record) -> Device:
        """The same device, with every byte on its tcp or serial wire told to `record`."""
        return replace(self, record=record)

    @property
    def line_url(self) -> str:
        """The line it is on."""
        return self.installation.meter.line.url

    def _makers(self) -> Mapping[str, MakeLine]:
        record = self.record
        if record is None:
            return self.field.makers

        def recorded(url: LineUrl, on_state: LineState, sink: ReadingSink | None) -> StreamLine:
            wire = channel(url, self.clock, on_state, lambda pipe: CapturingPipe(pipe, record))
            return StreamLine(wire, self.field.stream_drivers)

        return dict.fromkeys(WIRES, recorded)


def open_device(url: str, items: Sequence[str]) -> Device:
    """The device of a URL; ConfigError for the URL, UnknownReadingType for an item that nobody knows."""
    clock = SystemClock()
    field = build_field(shipped.config_root(), DEFAULT_ZONE, clock)
    device = field.check_device(parse_device(url))
    for item in items:
        if item not in PROTOCOL_ITEMS and not is_data_identifier(item):
            field.types.find(item)
    return Device(_installation(device, clock.now()), field, clock)


def is_data_identifier(item: str) -> bool:
    """Eight hex digits."""
    return len(item) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in item)


def _installation(device: DeviceUrl, now: datetime) -> MeterInstallation:
    line = Line(0, str(device.line))
    meter = Meter(0, device.server_address, device.protocol, device.profile, device.server_address, line)
    point = UsagePoint(0, device.server_address, CustomerClass.RESIDENTIAL)
    return MeterInstallation(0, point, meter, now.astimezone(UTC))
