"""`headend readings`: `export`, a channel of everybody as a file; `import` and `enter`, what people read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from headend.commands import field_readings, output, running_server
from headend.commands.here import run_here
from headend.commands.instants import instant
from headend.commands.site import DEFAULT_SITE, SiteOption, open_site
from headend.domain.errors import ConfigError, HeadEndError
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

EXAMPLES = """
Examples:

  headend readings export --since 2026-11-01 --until 2026-12-01 --format parquet --out november.parquet

  headend readings export --since 2026-11-23 --until 2026-11-24 --type active_power --out day.csv

A cell is empty where nothing is known; nothing is estimated. Marks, source and the reason of a gap stand beside.
"""


class Format(StrEnum):
    """The same as TableFormat, known without loading services."""

    CSV = "csv"
    PARQUET = "parquet"


FormatOption = Annotated[Format, typer.Option("--format", help="how it is written")]
OutOption = Annotated[Path, typer.Option("--out", help="the file to write", dir_okay=False, metavar="FILE")]
app = typer.Typer(help="Stored readings.", no_args_is_help=True)


@app.callback()
def callback() -> None:
    """Stored readings."""


app.command("import", epilog=field_readings.IMPORT_EXAMPLES)(field_readings.import_readings)
app.command("enter", epilog=field_readings.ENTER_EXAMPLES)(field_readings.enter)


@app.command("export", epilog=EXAMPLES)
def export(
    since: Annotated[str, typer.Option(help="from here on: 2026-11-01, or with time and offset")],
    until: Annotated[str, typer.Option(help="up to here, not in it")],
    out: OutOption,
    reading_type: Annotated[str, typer.Option("--type", help="the channel: name, OBIS code")] = "active_energy_import",
    table_format: FormatOption = Format.CSV,
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Write a channel, a row for every meter and quarter of an hour, empty where nothing is known."""
    try:
        opened = open_site(site)
        zone = opened.settings.zone
        start, end = instant(since, zone, "--since"), instant(until, zone, "--until")
        if not start < end:
            raise ConfigError("must be after --since", key="--until")
        server = running_server.find(opened.directory)
        if server is None:
            content = run_here(opened, lambda head_end: _exported(head_end, reading_type, (start, end), table_format))
        else:
            asked = {"type": reading_type, "start": iso(start), "end": iso(end), "format": table_format.value}
            content = server.ask("GET", f"/api/v1/readings/export?{urlencode(asked)}").content
    except HeadEndError as error:
        output.fail(str(error))
    written(out, content)


async def _exported(head_end: HeadEnd, reading_type: str, span: tuple[datetime, datetime], wanted: Format) -> bytes:
    from headend.services.export_tables import TableFormat

    await head_end.gaps.keep.refresh(span[0])
    return (await head_end.gaps.export.readings(reading_type, *span, TableFormat(wanted.value))).content


def written(file: Path, content: bytes) -> None:
    """Write a file of a user; says what is wrong and exits when it cannot be written."""
    try:
        file.write_bytes(content)
    except OSError as error:
        output.fail(f"{file}: {error.strerror}", output.USAGE)
    output.warn(f"{file}: {len(content)} bytes")
