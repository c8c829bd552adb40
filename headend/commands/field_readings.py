"""`headend readings import` and `enter`: what people read, by hand-held or typed in."""

from __future__ import annotations

import getpass
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.instants import instant
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import ConfigError, HeadEndError
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.services.enter_reading import Entry

IMPORT_EXAMPLES = """
Example:

  headend readings import walk-7.csv

The columns are reading_type,value,read_at,reader and serial_number or usage_point, and if you have them photo,note. A
time without offset is local to the site. All rows come in or none, the same file once.
"""
ENTER_EXAMPLES = """
Example:

  headend readings enter 17 --value 5120.44 --at 2026-11-24T09:30 --reader "Wang" --reason "line cut" --photo IMG-0042
"""
Meter = Annotated[int, typer.Argument(help="number of the installation", metavar="METER", min=1)]


def import_readings(
    file: Annotated[Path, typer.Argument(help="CSV file of a hand-held", metavar="FILE")],
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Bring in what people read with a hand-held: all of the file, or nothing and what is wrong with it."""
    try:
        content = file.read_bytes()
    except OSError as error:
        output.fail(f"{file}: {error.strerror}", output.USAGE)
    try:
        told = _imported(open_site(site), content, file.name)
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"import {told['import_id']}: {told['readings']} readings, sha256 {told['sha256']}")
    doubted = told["doubted"]
    assert isinstance(doubted, list)
    for one in doubted:
        place = f"meter {one['installation']} at {one['read_at']}"
        output.warn(f"{place}: day and month may be swapped; the reading is marked and not billed")


def enter(
    meter: Meter,
    value: Annotated[str, typer.Option(help="what the meter shows")],
    at: Annotated[str, typer.Option(help="when it was seen: 2026-11-24T09:30 local, or with an offset")],
    reader: Annotated[str, typer.Option(help="who saw it")],
    reason: Annotated[str, typer.Option(help="why it is entered by hand")],
    reading_type: Annotated[str, typer.Option("--type", help="the register: name, OBIS code")] = "active_energy_import",
    photo: Annotated[str, typer.Option(help="number of the photo that shows it")] = "",
    note: Annotated[str, typer.Option(help="what people should know")] = "",
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Enter one register by hand; it bears the source `manual` for ever."""
    try:
        opened = open_site(site)
        asked = {
            "reading_type": reading_type,
            "value": str(_number(value)),
            "read_at": _instant(opened, at),
            "reader": reader,
            "reason": reason,
            "photo": photo,
            "note": note,
        }
        server = running_server.find(opened.directory)
        if server is None:
            by = getpass.getuser()
            run_here(opened, lambda head_end: head_end.ways.enter_reading.enter(meter, _entry(asked), by))
        else:
            server.ask("POST", f"/api/v1/meters/{meter}/readings", json.dumps(asked).encode())
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"{reading_type} {value} of meter {meter} is kept")


def _imported(site: OpenSite, content: bytes, name: str) -> dict[str, object]:
    server = running_server.find(site.directory)
    if server is not None:
        path = f"/api/v1/readings/import?{urlencode({'file': name})}"
        told = server.ask("POST", path, content, "text/csv").json()
        assert isinstance(told, dict)
        return told
    from api.schemas.ways import import_answer

    by = getpass.getuser()
    came = run_here(site, lambda head_end: head_end.ways.import_readings.run(content, name, by))
    return import_answer(came).model_dump(mode="json")


def _entry(asked: dict[str, str]) -> Entry:
    from api.schemas.ways import EntryRequest

    return EntryRequest.model_validate(asked).entry()


def _instant(site: OpenSite, text: str) -> str:
    return iso(instant(text, site.settings.zone, "--at"))


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise ConfigError(f"{text!r} is no number", key="--value", remedy="write a decimal number with a point")
    return value
