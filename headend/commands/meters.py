"""`headend meters`: import them from a file, list them."""

from __future__ import annotations

import asyncio
import urllib.parse
from pathlib import Path
from typing import Annotated

import typer

from headend.commands import clocks, identity, output, parking, running_server
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError

EXAMPLES = """
Examples:

  headend meters import meters.csv

Columns: usage_point, customer_class, capacity_kva, serial_number, protocol, profile, server_address, line_url,
multiplier, installed_at; and if known transformer, meter_box, phase (A, B, C, ABC), which hold from installed_at on.
All rows are added or none; every error names its line and column.
"""
app = typer.Typer(help="Meters of a site.", no_args_is_help=True)
app.command("park", epilog=parking.EXAMPLES)(parking.park)
app.command("unpark")(parking.unpark)
app.command("exchange", epilog=identity.EXAMPLES)(identity.exchange)
app.command("clock", epilog=clocks.EXAMPLES)(clocks.clock)
app.add_typer(identity.app, name="identity")


@app.command("import", epilog=EXAMPLES)
def import_(
    file: Annotated[Path, typer.Argument(help="CSV file", metavar="FILE.csv")],
    site: SiteOption = DEFAULT_SITE,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Add usage points, meters and installations from a CSV file: all rows or none."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        output.fail(f"{file}: {error.strerror}", output.USAGE)
    except UnicodeDecodeError as error:
        output.fail(f"{file}: is not UTF-8 at byte {error.start} (save it as UTF-8)", output.USAGE)
    try:
        added = _import(open_site(site), text, str(file))
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json({"file": str(file), "added": added})
    else:
        output.say(f"{added} meters added from {file}")


def _import(site: OpenSite, text: str, file: str) -> int:
    server = running_server.find(site.directory)
    if server is not None:
        path = f"/api/v1/meters/import?file={urllib.parse.quote(file)}"
        answer = server.ask("POST", path, text.encode(), "text/csv").json()
        assert isinstance(answer, dict)
        return int(answer["added"])
    return asyncio.run(_import_here(site, text, file))


async def _import_here(site: OpenSite, text: str, file: str) -> int:
    from headend.bootstrap.head_end import open_head_end
    from headend.clock import SystemClock

    async with open_head_end(site.settings, site.directory, SystemClock()) as head_end:
        return await head_end.import_meters.run(text, file)
