"""`headend topology`: bring the grid between substation and meter into the site."""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import Annotated

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here, text_of
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError

EXAMPLES = """
Examples:

  headend topology import grid.csv

Columns: kind (substation, feeder, transformer, meter_box, usage_point), name, parent_kind, parent, phase (A, B, C, ABC;
of usage points only), valid_from. One row says what feeds a node or a usage point from a date on; what was before is
kept. All rows are applied or none; every error names its line and column.
"""
app = typer.Typer(help="The grid between substation and meter.", no_args_is_help=True)


@app.callback()
def _() -> None:
    """The grid between substation and meter."""


@app.command("import", epilog=EXAMPLES)
def import_(
    file: Annotated[Path, typer.Argument(help="CSV file", metavar="FILE.csv")],
    site: SiteOption = DEFAULT_SITE,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Place substations, feeders, transformers, meter boxes and usage points from dates on: all rows or none."""
    text = text_of(file)
    try:
        changed = _import(open_site(site), text, str(file))
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json({"file": str(file), "changed": changed})
    else:
        output.say(f"{changed} links changed by {file}")


def _import(site: OpenSite, text: str, file: str) -> int:
    server = running_server.find(site.directory)
    if server is None:
        return run_here(site, lambda head_end: head_end.grid.import_topology.run(text, file))
    path = f"/api/v1/topology/import?file={urllib.parse.quote(file)}"
    answer = server.ask("POST", path, text.encode(), "text/csv").json()
    assert isinstance(answer, dict)
    return int(answer["changed"])
