"""`headend ways`: more ways to a meter than its own line, and which of them is used."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here, text_of
from headend.commands.instants import instant
from headend.commands.site import DEFAULT_SITE, SiteOption, open_site
from headend.domain.errors import HeadEndError
from headend.domain.instants import iso
from headend.domain.metering import Protocol

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd
    from headend.queries.ways import WaysPage

EXAMPLES = """
Examples:

  headend ways show 17

  headend ways add 17 --rank 2 --protocol gdw1376 --profile gdw1376-2009 --address 1 --line "gdw1376://:8900?terminal=120000123"

  headend ways import ways.csv

  headend ways end 5

METER is the number of the installation. Rank 1 is the meter's own line; the others are used in their order when it is
dead. The columns of a file are rank,protocol,profile,server_address,line_url and serial_number or usage_point, and if
you have them valid_from,valid_to.
"""
COLUMNS = ("way", "rank", "state", "protocol", "address", "line", "answered", "failed", "problem")
Meter = Annotated[int, typer.Argument(help="number of the installation", metavar="METER", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Rows = list[dict[str, output.Cell]]
app = typer.Typer(help="The ways to one meter.", no_args_is_help=True)


@app.callback(epilog=EXAMPLES)
def callback() -> None:
    """The ways to one meter."""


@app.command()
def show(meter: Meter, site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """Show the ways to a meter; how they answer is known to a running server only."""
    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        if server is None:
            rows = _rows(run_here(opened, lambda head_end: head_end.ways.show.page(meter)))
        else:
            rows = _answered(server.ask("GET", f"/api/v1/meters/{meter}/ways"))
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, COLUMNS)


@app.command()
def add(
    meter: Meter,
    rank: Annotated[int, typer.Option(help="2 is tried first when the own line is dead", min=2, max=99)],
    protocol: Annotated[Protocol, typer.Option(help="what is spoken on this way")],
    profile: Annotated[str, typer.Option(help="device profile on this way")],
    address: Annotated[str, typer.Option(help="address of the meter on this way")],
    line: Annotated[str, typer.Option(help="URL of the line")],
    since: Annotated[str, typer.Option("--from", help="from when on; now when left out")] = "",
    until: Annotated[str, typer.Option("--to", help="until when; for good when left out")] = "",
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Add a way to a meter."""
    try:
        opened = open_site(site)
        zone = opened.settings.zone
        asked: dict[str, object] = {
            "rank": rank,
            "protocol": protocol.value,
            "profile": profile,
            "server_address": address,
            "line_url": line,
            "valid_from": iso(instant(since, zone, "--from")) if since else None,
            "valid_to": iso(instant(until, zone, "--to")) if until else None,
        }
        server = running_server.find(opened.directory)
        if server is None:
            rows = _rows(run_here(opened, lambda head_end: _added(head_end, meter, asked)))
        else:
            rows = _answered(server.ask("POST", f"/api/v1/meters/{meter}/ways", json.dumps(asked).encode()))
    except HeadEndError as error:
        output.fail(str(error))
    output.print_table(rows, COLUMNS)


@app.command("import")
def import_ways(
    file: Annotated[Path, typer.Argument(help="CSV file with a header", metavar="FILE")],
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Add all ways of a file, or none and say what is wrong."""
    text = text_of(file)
    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        if server is None:
            added = run_here(opened, lambda head_end: head_end.ways.edit.run(text, file.name, getpass.getuser()))
        else:
            path = f"/api/v1/ways/import?{urlencode({'file': file.name})}"
            answer = server.ask("POST", path, text.encode(), "text/csv").json()
            assert isinstance(answer, dict)
            added = answer["added"]
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"{added} ways added")


@app.command()
def end(
    way: Annotated[int, typer.Argument(help="number of the way, as `show` tells it", metavar="WAY", min=1)],
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """End a way now; what came by it stays."""
    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        if server is None:
            run_here(opened, lambda head_end: head_end.ways.edit.end(way, getpass.getuser()))
        else:
            server.ask("DELETE", f"/api/v1/ways/{way}")
    except HeadEndError as error:
        output.fail(str(error))
    output.say(f"way {way} has ended")


async def _added(head_end: HeadEnd, meter: int, asked: dict[str, object]) -> WaysPage:
    from api.schemas.ways import WayRequest

    await head_end.ways.edit.add(meter, WayRequest.model_validate(asked).order(), getpass.getuser())
    return await head_end.ways.show.page(meter)


def _rows(page: WaysPage) -> Rows:
    from api.schemas.ways import ways_answer

    return _cells(ways_answer(page).model_dump(mode="json"))


def _answered(answer: running_server.Answer) -> Rows:
    told = answer.json()
    assert isinstance(told, dict)
    return _cells(told)


def _cells(told: dict[str, object]) -> Rows:
    ways = told["ways"]
    assert isinstance(ways, list)
    names = ("id", "rank", "state", "protocol", "server_address", "line_url", "answered_at", "failed_at", "problem")
    return [dict(zip(COLUMNS, (way[name] for name in names), strict=True)) for way in ways]
