"""`headend kpi`: compute the figures of a day, show those in force."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import ConfigError, HeadEndError
from headend.domain.kpi import KpiDay, KpiPoint

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

EXAMPLES = """
Examples:

  headend kpi compute --day 2026-11-23

  headend kpi compute --day 2026-11-23 --again completeness

  headend kpi compute --day 2026-11-23 --again completeness --version 2

What has figures already is left alone. --again computes one KPI once more from what is stored now; the figures that
were there stay in the history.
"""
COMPUTED, SHOWN = ("kpi", "version", "day"), ("kpi", "version", "numerator", "denominator", "excluded", "percent")
DayOption = Annotated[str, typer.Option("--day", help="a day of the site, YYYY-MM-DD", metavar="DAY")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
Row = dict[str, output.Cell]
app = typer.Typer(help="Key figures of collection.", no_args_is_help=True)


@app.command("compute", epilog=EXAMPLES)
def compute(
    day: DayOption,
    again: Annotated[str, typer.Option("--again", help="this KPI once more", metavar="KPI")] = "",
    version: Annotated[int | None, typer.Option(help="with --again: by this version", min=1)] = None,
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Compute the figures of a day by the definitions that were valid on it."""
    if version is not None and not again:
        output.fail("--version belongs to --again KPI", output.USAGE)
    try:
        rows = _compute(open_site(site), _day(day), again, version)
    except HeadEndError as error:
        output.fail(str(error))
    if as_json:
        output.print_json(rows)
    elif rows:
        output.print_table(rows, COMPUTED)
    else:
        output.say(f"{day} has all its figures already; compute one once more with --again KPI")


@app.command("show")
def show(day: DayOption, site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """Show the figures of the whole utility that are in force for a day."""
    try:
        rows = _shown(open_site(site), _day(day))
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, SHOWN)


def _compute(site: OpenSite, day: date, again: str, version: int | None) -> list[Row]:
    server = running_server.find(site.directory)
    if server is None:
        return [_row(one) for one in run_here(site, lambda head_end: _computed(head_end, day, again, version))]
    path = f"/api/v1/kpi/{again}/{day}" if again else f"/api/v1/kpi/{day}"
    answer = server.ask("POST", path + (f"?version={version}" if version else "")).json()
    assert isinstance(answer, dict)
    return [{column: one[column] for column in COMPUTED} for one in answer["computed"]]


async def _computed(head_end: HeadEnd, day: date, again: str, version: int | None) -> Sequence[KpiDay]:
    if again:
        return [await head_end.kpis.compute.recompute(day, again, version, getpass.getuser())]
    return await head_end.kpis.compute.compute(day, getpass.getuser())


def _shown(site: OpenSite, day: date) -> list[Row]:
    from headend.queries.kpi import Scope

    server = running_server.find(site.directory)
    if server is None:
        return [_point(one) for one in run_here(site, lambda head_end: head_end.kpis.show.points(day, day, Scope()))]
    answer = server.ask("GET", f"/api/v1/kpi?start={day}&end={day}").json()
    assert isinstance(answer, dict)
    return [{column: one[column] for column in SHOWN} for one in answer["figures"]]


def _row(computed: KpiDay) -> Row:
    return {"kpi": computed.kpi, "version": computed.version, "day": computed.day.isoformat()}


def _point(point: KpiPoint) -> Row:
    figure = point.figure
    return {
        "kpi": point.computed.kpi,
        "version": point.computed.version,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "excluded": figure.excluded,
        "percent": None if figure.percent is None else str(figure.percent),
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day", key="--day", remedy=f"write {date(2026, 11, 23)}") from error
