"""Add ways to meters and end them: from a CSV text, all rows or none, or one by one. Chooses none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from headend.domain.errors import ConfigError
from headend.domain.events import EndDeviceEvent, EventKind
from headend.domain.metering import OWN_LINE, Line, Protocol
from headend.domain.ways import WORST_RANK, Way
from headend.ports import Clock, EventLog, MeterRegistry, WayBook
from headend.services.csv_rows import read_rows, refuse_if
from headend.services.import_meters import CheckRoute
from headend.services.import_row import ImportRow
from headend.services.meter_names import NAMED_BY, MeterNames

COLUMNS = ("rank", "protocol", "profile", "server_address", "line_url")
OPTIONAL = (*NAMED_BY, "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class WayOrder:
    """What somebody wants for a meter: from now on when `valid_from` is None, for good when `valid_to` is."""

    rank: int
    protocol: Protocol
    profile: str
    server_address: str
    line_url: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class EditWays:
    """`changed` is called when whoever steers should read the book again."""

    def __init__(
        self,
        registry: MeterRegistry,
        book: WayBook,
        check_route: CheckRoute,
        *,
        zone: ZoneInfo,
        clock: Clock,
        events: EventLog,
        changed: Callable[[], None],
    ) -> None:
        self._registry, self._book, self._check_route = registry, book, check_route
        self._zone, self._clock, self._events, self._changed = zone, clock, events, changed

    async def run(self, text: str, file: str, by: str) -> int:
        """How many were added; ImportRefused names every wrong cell, Conflict what is there already."""
        names = MeterNames(await self._registry.installations())
        ways: list[Way] = []
        errors = read_rows(text, file, COLUMNS, lambda row: self._read_row(row, names, by, ways), optional=OPTIONAL)
        refuse_if(errors)
        await self._book.add(ways)
        await self._tell(f"{len(ways)} ways from {file} by {by}", None)
        return len(ways)

    async def add(self, installation_id: int, order: WayOrder, by: str) -> Way:
        """One more way; UnknownMeter, ConfigError with column and remedy, Conflict."""
        await self._registry.installation(installation_id)
        address, url = self._check_route(order.protocol, order.server_address, order.line_url, order.profile)
        begins = order.valid_from or self._clock.now()
        line = Line(0, url)
        try:
            way = Way(
                installation_id, order.rank, order.protocol, order.profile, address, line, begins, order.valid_to, by
            )
        except ValueError as error:
            raise ConfigError(str(error), key="rank", remedy="correct rank and dates") from error
        [added] = await self._book.add([way])
        await self._tell(f"way {way.rank} ({way.protocol}) added by {by}", installation_id)
        return added

    async def end(self, way_id: int, by: str) -> Way:
        """It is used no more from now on; UnknownWay, Conflict."""
        ended = await self._book.end(way_id, self._clock.now())
        await self._tell(f"way {ended.rank} ({ended.protocol}) ended by {by}", ended.installation_id)
        return ended

    async def _tell(self, detail: str, installation_id: int | None) -> None:
        self._changed()
        await self._events.record(EndDeviceEvent(EventKind.WAYS_EDITED, self._clock.now(), detail, installation_id))

    def _read_row(self, row: ImportRow, names: MeterNames, by: str, ways: list[Way]) -> None:
        installation, rank = names.of(row), _rank(row)
        protocol = row.one_of("protocol", Protocol)
        route = self._route(row, protocol) if protocol else None
        begins = row.instant("valid_from", self._zone) if row.cell("valid_from") else self._clock.now()
        ends = row.instant("valid_to", self._zone) if row.cell("valid_to") else None
        if row.is_wrong or installation is None or protocol is None or route is None or begins is None:
            return
        if ends is not None and ends <= begins:
            row.wrong("valid_to", f"{row.cell('valid_to')!r} is not after the beginning", "correct one of the dates")
            return
        address, url = route
        profile = row.cell("profile")
        ways.append(Way(installation.id, rank, protocol, profile, address, Line(0, url), begins, ends, by))

    def _route(self, row: ImportRow, protocol: Protocol) -> tuple[str, str] | None:
        try:
            address, url = row.required("server_address"), row.required("line_url")
            return self._check_route(protocol, address, url, row.required("profile"))
        except ConfigError as error:
            row.wrong(error.key or "line_url", error.problem, error.remedy)
            return None


def _rank(row: ImportRow) -> int:
    rank = row.decimal("rank", lowest=Decimal(OWN_LINE + 1), default=Decimal(OWN_LINE + 1))
    if not row.is_wrong and (rank != rank.to_integral_value() or rank > WORST_RANK):
        row.wrong("rank", f"{row.cell('rank')!r} is no rank", f"write a whole number from 2 to {WORST_RANK}")
    return OWN_LINE + 1 if row.is_wrong else int(rank)
