"""Import meters from a CSV text: every error with its line and column, and then all rows or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError, ImportRefused
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import CustomerClass, MeterRegistration, Protocol
from headend.ports import Clock, EventLog, MeterRegistry
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
        rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        errors: list[ConfigError] = []
        numbered: list[tuple[int, MeterRegistration]] = []
        try:
            header = next(rows, [])
            _check_header(header, file)
            for cells in rows:
                if cells:
                    self._read_row(ImportRow(file, rows.line_num, header, cells, errors), numbered)
        except csv.Error as error:
            raise ImportRefused(
                (ConfigError(f"not CSV: {error}", file=file, line=rows.line_num, remedy='quote cells with ""'),)
            ) from error
        _check_doubles(numbered, file, errors)
        if not numbered and not errors:
            errors.append(ConfigError("the file has no meters", file=file, remedy="add a row below the header"))
        if errors:
            raise ImportRefused(tuple(sorted(errors, key=lambda e: e.line or 0)))
        return [registration for _, registration in numbered]

    def _read_row(self, row: ImportRow, numbered: list[tuple[int, MeterRegistration]]) -> None:
        if not row.has_all_cells():
            return
        protocol = row.one_of("protocol", Protocol)
        customer_class = row.one_of("customer_class", CustomerClass)
        capacity = row.decimal("capacity_kva", lowest=Decimal(0), default=Decimal(0))
        multiplier = row.decimal("multiplier", lowest=Decimal("0.0001"), default=Decimal(1))
        installed_at = row.instant("installed_at", self._zone)
        usage_point, serial_number = row.required("usage_point"), row.required("serial_number")
        route = self._route(row, protocol) if protocol else None
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
        )
        numbered.append((row.line, registration))

    def _route(self, row: ImportRow, protocol: Protocol) -> tuple[str, str] | None:
        try:
            address, url = row.required("server_address"), row.required("line_url")
            return self._check_route(protocol, address, url, row.required("profile"))
        except ConfigError as error:
            row.wrong(error.key or "line_url", error.problem, error.remedy)
            return None


def _check_header(header: Sequence[str], file: str) -> None:
    missing = [column for column in COLUMNS if column not in header]
    unknown = [column for column in header if column not in COLUMNS]
    if missing or unknown or len(set(header)) != len(header):
        problem = f"the header lacks {', '.join(missing)}" if missing else f"unknown columns {', '.join(unknown)}"
        error = ConfigError(problem, file=file, line=1, remedy=f"write the columns {','.join(COLUMNS)}")
        raise ImportRefused((error,))


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
