"""`headend gaps`: what is missing, why, and when it is tried again; the ledger as a file; an order to try again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.instants import instant
from headend.commands.readings import Format, FormatOption, OutOption, written
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import HeadEndError
from headend.domain.gap_ledger import GapReason
from headend.domain.instants import iso

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd
    from headend.queries.gap_ledger import OpenGap

EXAMPLES = """
Examples:

  headend gaps list --reason meter_silent

  headend gaps why 17 --since 2026-11-23

  headend gaps export --format parquet --out gaps.parquet

Without a running server the ledger is first compared with what is stored, for the last day.
"""
COLUMNS = ("meter", "channel", "start", "end", "slots", "reason", "tries", "last_try", "next_try", "final")
NAMES = ("installation", "reading_type", "start", "end", "slots", "reason", "tries", "last_try", "next_try", "final")
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Row = dict[str, output.Cell]
app = typer.Typer(help="Missing readings: which, why, and when they are tried again.", no_args_is_help=True)


@app.command("list", epilog=EXAMPLES)
def list_gaps(
    reason: Annotated[GapReason | None, typer.Option(help="only those missing for this reason")] = None,
    meter: Annotated[int | None, typer.Option(help="number of the installation", min=1)] = None,
    limit: Annotated[int, typer.Option(help="rows at most", min=1, max=1000)] = 200,
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """List the open runs of missing quarters of an hour."""
    asked = {"installation": meter, "reason": None if reason is None else reason.value, "limit": limit}
    try:
        rows = _listed(open_site(site), {key: value for key, value in asked.items() if value is not None})
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, COLUMNS)


@app.command("why")
def why(
    meter: Annotated[int, typer.Argument(help="number of the installation", metavar="METER", min=1)],
    since: Annotated[str, typer.Option(help="from here on: 2026-11-23, or with time and offset")],
    until: Annotated[str, typer.Option(help="up to here; now without it")] = "",
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Why there is nothing of a meter in a span: its open runs there, and its parked time."""
    try:
        rows = _why(open_site(site), meter, since, until)
    except HeadEndError as error:
        output.fail(str(error))
    if rows or as_json:
        output.print_json(rows) if as_json else output.print_table(rows, COLUMNS)
    else:
        output.say("nothing is known to be missing there")


@app.command("export")
def export(out: OutOption, table_format: FormatOption = Format.CSV, site: SiteOption = DEFAULT_SITE) -> None:
    """Write the whole open ledger to a file."""
    try:
        opened = open_site(site)
        server = running_server.find(opened.directory)
        if server is None:
            content = run_here(opened, lambda head_end: _exported(head_end, table_format))
        else:
            content = server.ask("GET", f"/api/v1/gaps/export?format={table_format.value}").content
    except HeadEndError as error:
        output.fail(str(error))
    written(out, content)


def _listed(site: OpenSite, asked: dict[str, int | str]) -> list[Row]:
    server = running_server.find(site.directory)
    if server is None:
        return [_row(gap) for gap in run_here(site, lambda head_end: _open(head_end, asked))]
    return _told(server, f"/api/v1/gaps/ledger?{urlencode(asked)}")


def _why(site: OpenSite, meter: int, since: str, until: str) -> list[Row]:
    start = instant(since, site.settings.zone, "--since")
    end = instant(until, site.settings.zone, "--until") if until else None
    server = running_server.find(site.directory)

    async def work(head_end: HeadEnd) -> list[OpenGap]:
        await head_end.gaps.keep.refresh(start)
        return list(await head_end.gaps.show.why(meter, start, end or head_end.clock.now()))

    if server is None:
        return [_row(gap) for gap in run_here(site, work)]
    from headend.clock import SystemClock

    asked = {"installation": meter, "start": iso(start), "end": iso(end or SystemClock().now())}
    return _told(server, f"/api/v1/gaps/why?{urlencode(asked)}")


async def _open(head_end: HeadEnd, asked: dict[str, int | str]) -> list[OpenGap]:
    from headend.ports import LedgerQuestion

    await head_end.gaps.keep.refresh(head_end.clock.now() - timedelta(days=1))
    meter, reason = asked.get("installation"), asked.get("reason")
    question = LedgerQuestion(installations=None if meter is None else [int(meter)])
    found = await head_end.gaps.show.open(question, None if reason is None else GapReason(str(reason)))
    return list(found[: int(asked["limit"])])


async def _exported(head_end: HeadEnd, table_format: Format) -> bytes:
    from headend.services.export_tables import TableFormat

    await head_end.gaps.keep.refresh(head_end.clock.now() - timedelta(days=1))
    return (await head_end.gaps.export.gaps(TableFormat(table_format.value))).content


def _told(server: running_server.RunningServer, path: str) -> list[Row]:
    answer = server.ask("GET", path).json()
    assert isinstance(answer, dict)
    return [{column: one[name] for column, name in zip(COLUMNS, NAMES, strict=True)} for one in answer["gaps"]]


def _row(gap: OpenGap) -> Row:
    return {
        "meter": gap.installation.id,
        "channel": None if gap.reading_type is None else gap.reading_type.name,
        "start": iso(gap.start),
        "end": iso(gap.end),
        "slots": gap.slots,
        "reason": gap.reason.value,
        "tries": gap.tries,
        "last_try": None if gap.last_try is None else iso(gap.last_try),
        "next_try": None if gap.next_try is None else iso(gap.next_try),
        "final": gap.is_final,
    }
