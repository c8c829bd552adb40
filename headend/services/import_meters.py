"""Import meters from a CSV text: every error with its line and column, and then all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import CustomerClass, MeterRegistration, Protocol
from headend.domain.topology import NodeKind, NodePlacement, Phase, Placement, SupplyPlacement
from headend.ports import Clock, EventLog, MeterRegistry
from headend.services.csv_rows import read_rows, refuse_if
from headend.services.import_row import ImportRow

COLUMNS = (
    "usage_point",
    "customer_class",
    "capacity_kva",
    "serial_number",
    "protocol",
    "profile",
    "server_address",
    "line_url",
    "multiplier",
    "installed_at",
)
SUPPLY_COLUMNS = ("transformer", "meter_box", "phase")
# (protocol, address, line URL, profile) -> (checked address, checked line URL); ConfigError with key and remedy
CheckRoute = Callable[[Protocol, str, str, str], tuple[str, str]]


class ImportMeters:
    """Registers usage points, meters and installations."""

    def __init__(
        self,
        registry: MeterRegistry,
        check_route: CheckRoute,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
        changed: Callable[[], None],
    ) -> None:
        self._registry, self._check_route, self._zone = registry, check_route, zone
        self._clock, self._events, self._changed = clock, events, changed

    async def run(self, text: str, file: str) -> int:
        """How many were added; ImportRefused names every wrong cell, Conflict what is there already."""
        registrations = self._read(text, file)
        added = await self._registry.register(registrations)
        self._changed()
        now = self._clock.now()
        await self._events.record(EndDeviceEvent(EventKind.METERS_IMPORTED, now, f"{added} meters from {file}"))
        return added

    def _read(self, text: str, file: str) -> list[MeterRegistration]:
        numbered: list[tuple[int, MeterRegistration]] = []
        errors = read_rows(text, file, COLUMNS, lambda row: self._read_row(row, numbered), optional=SUPPLY_COLUMNS)
        _check_doubles(numbered, file, errors)
        refuse_if(errors)
        return [registration for _, registration in numbered]

    def _read_row(self, row: ImportRow, numbered: list[tuple[int, MeterRegistration]]) -> None:
        protocol = row.one_of("protocol", Protocol)
        customer_class = row.one_of("customer_class", CustomerClass)
        capacity = row.decimal("capacity_kva", lowest=Decimal(0), default=Decimal(0))
        multiplier = row.decimal("multiplier", lowest=Decimal("0.0001"), default=Decimal(1))
        installed_at = row.instant("installed_at", self._zone)
        usage_point, serial_number = row.required("usage_point"), row.required("serial_number")
        route = self._route(row, protocol) if protocol else None
        supply = _supply(row, usage_point, installed_at)
        if row.is_wrong or not (protocol and customer_class and route and installed_at):
            return
        registration = MeterRegistration(
            usage_point=usage_point,
            customer_class=customer_class,
            capacity_kva=capacity,
            serial_number=serial_number,
            protocol=protocol,
            profile=row.cell("profile"),
            server_address=route[0],
            line_url=route[1],
            multiplier=multiplier,
            installed_at=installed_at,
            supply=supply,
        )
        numbered.append((row.line, registration))

    def _route(self, row: ImportRow, protocol: Protocol) -> tuple[str, str] | None:
        try:
            address, url = row.required("server_address"), row.required("line_url")
            return self._check_route(protocol, address, url, row.required("profile"))
        except ConfigError as error:
            row.wrong(error.key or "line_url", error.problem, error.remedy)
            return None


def _supply(row: ImportRow, usage_point: str, since: datetime | None) -> tuple[Placement, ...]:
    """What feeds the usage point from its installing on, by the optional columns; nothing when they are empty."""
    transformer, meter_box = row.cell("transformer"), row.cell("meter_box")
    if not transformer and not meter_box:
        row.empty("phase")
        return ()
    phase = row.one_of("phase", Phase) if row.cell("phase") else Phase.ABC
    if phase is None or since is None or not usage_point:
        return ()
    if not meter_box:
        return (SupplyPlacement(usage_point, NodeKind.TRANSFORMER, transformer, phase, since),)
    supplied = SupplyPlacement(usage_point, NodeKind.METER_BOX, meter_box, phase, since)
    return (NodePlacement(NodeKind.METER_BOX, meter_box, transformer, since), supplied) if transformer else (supplied,)


UNIQUE: Mapping[str, Callable[[MeterRegistration], object]] = {
    "serial_number": lambda row: row.serial_number,
    "usage_point": lambda row: row.usage_point,
    "server_address": lambda row: (row.line_url, row.protocol, row.server_address),
}


def _check_doubles(rows: Sequence[tuple[int, MeterRegistration]], file: str, errors: list[ConfigError]) -> None:
    for column, key in UNIQUE.items():
        first: dict[object, int] = {}
        for line, row in rows:
            before = first.setdefault(key(row), line)
            if before != line:
                problem = f"{getattr(row, column)!r} stands in line {before} too"
                errors.append(ConfigError(problem, file=file, line=line, key=column, remedy="keep one of the two"))
