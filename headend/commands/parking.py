"""`headend meters park` and `unpark`: a meter is neither polled nor counted for a while."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import ConfigError, HeadEndError
from headend.domain.instants import iso
from headend.domain.parking import Parking, ParkingReason

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

EXAMPLES = """
Examples:

  headend meters park 17 --reason under_repair --until 2026-12-01 --note "work order 4711"

  headend meters unpark 17

METER is the number of the installation, as the console and the API show it. A meter with --until comes back by itself.
"""
COLUMNS = ("meter", "reason", "since", "until", "ended", "note")
Meter = Annotated[int, typer.Argument(help="number of the installation", metavar="METER", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]


def park(
    meter: Meter,
    reason: Annotated[ParkingReason, typer.Option(help="why nothing is expected of it")],
    until: Annotated[str, typer.Option(help="when it comes back: 2026-12-01, or with time and offset")] = "",
    note: Annotated[str, typer.Option(help="what people should know")] = "",
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Park a meter: from now on it is neither polled nor counted."""
    try:
        opened = open_site(site)
        end = _instant(until, opened.settings.zone) if until else None
        server = running_server.find(opened.directory)
        if server is None:
            row = _row(run_here(opened, lambda head_end: _park(head_end, meter, reason, note, end)))
        else:
            order = {"reason": reason.value, "note": note, "until": None if end is None else iso(end)}
            row = _asked(server, "POST", meter, json.dumps(order).encode())
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(row) if as_json else output.print_table([row], COLUMNS)


def unpark(meter: Meter, site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """Take a meter back: it is polled and counted again."""
    try:
        row = _unpark(open_site(site), meter)
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(row) if as_json else output.print_table([row], COLUMNS)


async def _park(head_end: HeadEnd, meter: int, reason: ParkingReason, note: str, until: datetime | None) -> Parking:
    from headend.services.park_meters import ParkingOrder

    return await head_end.grid.park_meters.park(meter, ParkingOrder(reason, getpass.getuser(), note, until=until))


def _unpark(site: OpenSite, meter: int) -> dict[str, output.Cell]:
    server = running_server.find(site.directory)
    if server is not None:
        return _asked(server, "DELETE", meter, None)
    return _row(run_here(site, lambda head_end: head_end.grid.park_meters.unpark(meter, getpass.getuser())))


def _asked(server: running_server.RunningServer, method: str, meter: int, body: bytes | None) -> dict[str, output.Cell]:
    answer = server.ask(method, f"/api/v1/meters/{meter}/parking", body).json()
    assert isinstance(answer, dict)
    names = dict(zip(COLUMNS, ("installation", "reason", "since", "until", "ended_at", "note"), strict=True))
    return {column: answer[name] for column, name in names.items()}


def _row(parking: Parking) -> dict[str, output.Cell]:
    return {
        "meter": parking.installation_id,
        "reason": parking.reason.value,
        "since": iso(parking.since),
        "until": None if parking.until is None else iso(parking.until),
        "ended": None if parking.ended_at is None else iso(parking.ended_at),
        "note": parking.note,
    }


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text!r} is no date"
        raise ConfigError(problem, key="--until", remedy="write 2026-12-01 or 2026-12-01T08:00:00+08:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
