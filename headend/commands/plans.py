"""`headend plans`: which plans are in force, whether their files are right, and reads at dates of their own."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from headend.commands import output, running_server
from headend.commands.here import run_here
from headend.commands.site import DEFAULT_SITE, OpenSite, SiteOption, open_site
from headend.domain.errors import ConfigError, HeadEndError
from headend.domain.instants import iso
from headend.domain.special_reads import SpecialRead, SpecialReason
from headend.services.special_reads import SpecialOrder

if TYPE_CHECKING:
    from headend.bootstrap.head_end import HeadEnd

EXAMPLES = """
Examples:

  headend plans show

  headend plans check --site site.yaml

  headend plans order "Garden Road 7" --at 2026-12-01 --reason contract_end

  headend plans order "Garden Road 7" --at 2026-12-03 --reason customer_request --instead-of monthly --day 2026-12-01

Plans are files: those that ship, and those in the folder `plans` beside the site file. docs/plans-and-routes.md
"""
COLUMNS = ("name", "kind", "target", "when", "meters", "unable", "last_slot")
SPECIAL = ("id", "usage_point", "due_at", "reason", "state", "outcome")
Row = dict[str, output.Cell]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout")]
app = typer.Typer(help="Collection plans, and reads at dates of their own.", no_args_is_help=True, epilog=EXAMPLES)


@app.command("show", epilog=EXAMPLES)
def show(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """Show the plans in force, how many meters each asks, and how far it came."""
    _print(lambda: _shown(open_site(site)), COLUMNS, as_json)


@app.command("check")
def check(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """Check all plan files of a site; changes nothing. Every error says file, line, field, reason and remedy."""
    _print(lambda: _checked(open_site(site)), ("name", "file", "enabled"), as_json)


@app.command("special")
def special(site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """Show reads at dates of their own: open ones first, then what became of others."""
    _print(lambda: _specials(open_site(site)), SPECIAL, as_json)


@app.command("order")
def order(
    usage_point: Annotated[str, typer.Argument(help="name of the usage point", metavar="USAGE_POINT")],
    at: Annotated[str, typer.Option(help="when: 2026-12-01, or with time, and offset if it is not the site's")],
    reason: Annotated[SpecialReason, typer.Option(help="why")],
    note: Annotated[str, typer.Option(help="what people should know")] = "",
    instead_of: Annotated[str, typer.Option(help="this plan leaves it out", metavar="PLAN")] = "",
    day: Annotated[str, typer.Option(help="on this day", metavar="DAY")] = "",
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Read a usage point at a date of its own; at a midnight the register that the meter froze then."""

    def work() -> list[Row]:
        opened = open_site(site)
        instead_day = _day(day) if day else None
        if bool(instead_of) != bool(instead_day):
            raise ConfigError("--instead-of and --day go together", key="--day", remedy="give both or neither")
        due_at = _instant(at, opened.settings.zone)
        return [
            _ordered(
                opened,
                SpecialOrder(usage_point, due_at, reason, getpass.getuser(), note, instead_of, instead_day),
            )
        ]

    _print(work, SPECIAL, as_json)


@app.command("call-off")
def call_off(
    number: Annotated[int, typer.Argument(help="number of the special read", min=1)],
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """Call a read at a date of its own off."""
    _print(lambda: [_called_off(open_site(site), number)], SPECIAL, as_json)


def _print(work: output.Work, columns: tuple[str, ...], as_json: object) -> None:
    try:
        rows = work()
    except HeadEndError as error:
        output.fail(str(error))
    output.print_json(rows) if as_json else output.print_table(rows, columns)


def _shown(site: OpenSite) -> list[Row]:
    from api.schemas.plans import plans_answer

    server = running_server.find(site.directory)
    if server is None:
        standings = run_here(site, lambda head_end: head_end.planning.show_plans.standings())
        told = plans_answer(standings).model_dump(mode="json")
    else:
        told = _object(server.ask("GET", "/api/v1/plans").json())
    return [
        {**one, "when": _when(one), "target": " ".join([one["target"], *one["target_names"]])} for one in told["plans"]
    ]


def _when(plan: dict[str, object]) -> str:
    every, at, windows = plan["every_minutes"], plan["at"], plan["windows"]
    assert isinstance(at, list) and isinstance(windows, list)
    when = f"every {every} min" if every else f"at {', '.join(at)}"
    delay = f" + {plan['delay_minutes']} min" if plan["delay_minutes"] else ""
    return when + delay + (f" in {', '.join(windows)}" if windows else "")


def _checked(site: OpenSite) -> list[Row]:
    from headend import shipped
    from headend.bootstrap.planning import sources_of

    sources = sources_of(site.settings, shipped.reading_types(shipped.config_root()))
    return [{"name": one.plan.name, "file": str(one.file), "enabled": one.is_enabled} for one in sources]


def _specials(site: OpenSite) -> list[Row]:
    server = running_server.find(site.directory)
    if server is None:
        return [_row(one) for one in run_here(site, lambda head_end: head_end.planning.special.newest())]
    return [_told(one) for one in _object(server.ask("GET", "/api/v1/special-reads").json())["special_reads"]]


def _ordered(site: OpenSite, wanted: SpecialOrder) -> Row:
    server = running_server.find(site.directory)
    if server is None:
        return _row(run_here(site, lambda head_end: head_end.planning.special.order(wanted)))
    body = {
        "usage_point": wanted.usage_point,
        "due_at": iso(wanted.due_at),
        "reason": wanted.reason.value,
        "note": wanted.note,
        "instead_of_plan": wanted.instead_of_plan,
        "instead_of_day": None if wanted.instead_of_day is None else wanted.instead_of_day.isoformat(),
    }
    return _told(_object(server.ask("POST", "/api/v1/special-reads", json.dumps(body).encode()).json()))


def _called_off(site: OpenSite, number: int) -> Row:
    server = running_server.find(site.directory)
    if server is not None:
        return _told(_object(server.ask("DELETE", f"/api/v1/special-reads/{number}").json()))

    async def end(head_end: HeadEnd) -> SpecialRead:
        return await head_end.planning.special.call_off(number, getpass.getuser())

    return _row(run_here(site, end))


def _row(one: SpecialRead) -> Row:
    return {
        "id": one.id,
        "usage_point": one.usage_point,
        "due_at": iso(one.due_at),
        "reason": one.reason.value,
        "state": one.state.value,
        "outcome": one.outcome,
    }


def _told(answer: output.Told) -> Row:
    return {column: answer[column] for column in SPECIAL}


def _object(answer: object) -> output.Told:
    assert isinstance(answer, dict)
    return answer


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        problem = f"{text!r} is no date"
        raise ConfigError(problem, key="--at", remedy="write 2026-12-01 or 2026-12-01T08:00:00+08:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day", key="--day", remedy="write 2026-12-01") from error
